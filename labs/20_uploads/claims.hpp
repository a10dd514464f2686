// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab20 {

inline constexpr lab::Claim kClaims[] = {
    {"20.1",
     "multipart/form-data adds almost nothing to binary data, and a streaming parser "
     "gets the same result however it is cut into pieces."},
    {"20.2",
     "A server that keeps the file in memory, as multer does by default, grows by the "
     "whole file; one that writes it to disk while it arrives does not."},
    {"20.3",
     "A temporary file, such as formidable's, keeps memory flat, and the server must "
     "remove it when the client vanishes."},
    {"20.4",
     "A streaming parser such as busboy reports each part as it arrives, so the server "
     "can refuse a bad file before it has read it all."},
    {"20.5",
     "A file on the disk of one instance is not there when the next request reaches "
     "another instance."},
    {"20.6",
     "A file in object storage such as S3 can be read through every instance, and only "
     "signed requests reach it."},
    {"20.7",
     "Streamed to S3 with backpressure, a file of any size costs the server the memory "
     "of one part, and a client that vanishes leaves nothing behind."},
};

}  // namespace lab20
