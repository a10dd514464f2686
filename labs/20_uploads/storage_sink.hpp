// storage_sink.hpp: a file into S3 as it comes, by its multipart API.
//
//   write() -- a part is full --> create, PUT part 1 -- stored --> PUT part 2 ... complete
//              no room: write() returns false, so the client is not read
//   gone before finish() -------> abort: S3 forgets the parts
//   gone before on_stored ------> the same; or, if the file is stored by then, it is deleted
//
// Units     Bytes. Memory: one part on its way, copied once to be sent, and what a read
//           brought beyond it.
// Threads   The loop's.
// Errors    A request that S3 refuses, or does not answer in 60 s, fails the file. If the lost
//           reply was that to the last request, S3 may keep the file all the same.
// Source    The S3 API reference: parts of 5 MiB or more, but for the last.
// Left out  A retry for each part, several parts at once.
#pragma once

#include "lab/net/s3.hpp"
#include "lab/uv/uv.hpp"
#include "uploads.hpp"

namespace lab20 {

std::unique_ptr<Sink> storage_sink(lab::uv::Loop& loop, const lab::s3::Bucket& bucket,
                                   std::string key, std::size_t part_size,
                                   std::function<void()> on_room);

}  // namespace lab20
