if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

option(LAB_WERROR "Treat warnings as errors" OFF)
set(LAB_SANITIZE "" CACHE STRING "address,undefined or thread")

find_program(CCACHE ccache)
if(CCACHE)
  # What one clone has compiled, another need not: the cache sees paths relative to the
  # clone, and so do the objects (below).
  set(CMAKE_CXX_COMPILER_LAUNCHER
    env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=include_file_mtime,include_file_ctime ${CCACHE})
endif()

add_library(lab_settings INTERFACE)
# Events name "labs/05_backpressure/main.cpp:12", wherever the clone lies. ccache makes
# absolute paths relative to the build folder, hence the second.
file(RELATIVE_PATH LAB_UP ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
target_compile_options(lab_settings INTERFACE
  -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/= -fmacro-prefix-map=${LAB_UP}=)
target_compile_options(lab_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  # Warns of string + string, wrongly: GCC bug 105651.
  target_compile_options(lab_settings INTERFACE -Wno-restrict)
endif()
# Beast's own code trips UBSan's checks and takes minutes to instrument; so the files
# that include it are built without it.
set(LAB_NO_UBSAN "")
if(LAB_WERROR)
  target_compile_options(lab_settings INTERFACE -Werror)
endif()
if(LAB_SANITIZE)
  target_compile_options(lab_settings INTERFACE -fsanitize=${LAB_SANITIZE}
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lab_settings INTERFACE -fsanitize=${LAB_SANITIZE})
  if(LAB_SANITIZE MATCHES undefined)
    set(LAB_NO_UBSAN -fno-sanitize=undefined)
  endif()
  if(LAB_SANITIZE MATCHES thread)
    # TSan does not understand fences; Asio then orders by the operations themselves.
    target_compile_definitions(lab_settings INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()
