if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

option(LAB_WERROR "Treat warnings as errors" OFF)
set(LAB_SANITIZE "" CACHE STRING "address,undefined or thread")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(lab_settings INTERFACE)
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
