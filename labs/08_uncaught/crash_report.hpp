// crash_report.hpp: the last words of a process: what was thrown, and by whom.
#pragma once

#include <optional>
#include <string>

namespace lab08 {

// A line at the end of a file, in the kernel's hands when this returns: a log that buffers
// loses what mattered most. A file that cannot be written is no reason to die twice.
void log_at_once(const std::string& path, const std::string& line) noexcept;

// From now on std::terminate writes a report, "terminate: what, then the stack", to `path`
// and ends the process with this code, or as it would have ended: by SIGABRT. The stack is
// that of the throw only if nothing could have caught the exception: then nobody has unwound
// it. It allocates: of a std::bad_alloc there may be no report.
void report_crashes(const std::string& path, std::optional<int> exit_code);

void leave_no_core_file();

}  // namespace lab08
