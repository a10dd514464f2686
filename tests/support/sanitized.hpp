// sanitized.hpp: whether this program runs under AddressSanitizer or ThreadSanitizer. They keep
// freed memory, and ask the kernel for more than the program does.
#pragma once

#if defined(__has_feature)
#define LAB_HAS_FEATURE(feature) __has_feature(feature)
#else
#define LAB_HAS_FEATURE(feature) 0
#endif

namespace lab::test {

#if defined(__SANITIZE_ADDRESS__) || LAB_HAS_FEATURE(address_sanitizer)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

#if defined(__SANITIZE_THREAD__) || LAB_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace lab::test

#undef LAB_HAS_FEATURE
