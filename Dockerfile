# The labs' own image: Debian 12 and what a person types there.
# tests/fresh_machine.sh --image takes these very steps in a chroot.
FROM debian:12
RUN useradd --create-home --shell /bin/bash lab
COPY --chown=lab:lab . /home/lab/underloop
WORKDIR /home/lab/underloop
RUN ./lab setup all && rm -rf /var/lib/apt/lists/*
USER lab
RUN ./lab build && mkdir -p ~/.local/share/underloop
CMD ["./lab"]
