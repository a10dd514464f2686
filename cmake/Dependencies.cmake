# Every dependency becomes a target dep::NAME if its package is installed, so that one lab
# can be built on a machine that has only what this lab needs. `./lab doctor` tells which
# packages are missing; cmake/packages.txt names them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)

pkg_check_modules(UV IMPORTED_TARGET libuv)
if(UV_FOUND)
  add_library(dep::uv ALIAS PkgConfig::UV)
  # Lab 01 looks at libuv's phases from inside, so it links the archive: libuv_a.a up to
  # Debian 12, libuv.a from 13 on.
  find_library(UV_STATIC NAMES libuv_a.a libuv.a)
  if(UV_STATIC)
    add_library(dep_uv_static INTERFACE)
    target_include_directories(dep_uv_static SYSTEM INTERFACE ${UV_INCLUDE_DIRS})
    target_link_libraries(dep_uv_static INTERFACE ${UV_STATIC} Threads::Threads ${CMAKE_DL_LIBS})
    add_library(dep::uv_static ALIAS dep_uv_static)
  endif()
endif()

pkg_check_modules(HIREDIS QUIET IMPORTED_TARGET hiredis)
if(HIREDIS_FOUND)
  add_library(dep::hiredis ALIAS PkgConfig::HIREDIS)
endif()

pkg_check_modules(PQ QUIET IMPORTED_TARGET libpq)
if(PQ_FOUND)
  add_library(dep::pq ALIAS PkgConfig::PQ)
endif()

if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW)  # Boost's own package; CMake's module for it is on its way out
endif()
find_package(Boost 1.81 QUIET)
if(Boost_FOUND)
  add_library(dep_boost INTERFACE)
  target_link_libraries(dep_boost INTERFACE Boost::headers Threads::Threads)
  # Headers of others: their warnings are not ours.
  target_include_directories(dep_boost SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
  add_library(dep::boost ALIAS dep_boost)
endif()

find_package(spdlog QUIET)
if(spdlog_FOUND)
  add_library(dep_spdlog INTERFACE)
  target_link_libraries(dep_spdlog INTERFACE spdlog::spdlog)
  add_library(dep::spdlog ALIAS dep_spdlog)
endif()

find_package(GTest QUIET)
if(GTest_FOUND)
  add_library(dep_gtest INTERFACE)
  target_link_libraries(dep_gtest INTERFACE GTest::gmock GTest::gtest_main)
  add_library(dep::gtest ALIAS dep_gtest)
endif()

find_package(benchmark QUIET)
if(benchmark_FOUND)
  add_library(dep_benchmark INTERFACE)
  target_link_libraries(dep_benchmark INTERFACE benchmark::benchmark_main)
  add_library(dep::benchmark ALIAS dep_benchmark)
endif()

pkg_check_modules(CARES QUIET IMPORTED_TARGET libcares)
if(CARES_FOUND)
  add_library(dep::cares ALIAS PkgConfig::CARES)
endif()

pkg_check_modules(CRYPTO QUIET IMPORTED_TARGET libcrypto)
if(CRYPTO_FOUND)
  add_library(dep::openssl ALIAS PkgConfig::CRYPTO)
endif()

pkg_check_modules(MONGOC QUIET IMPORTED_TARGET libmongoc-1.0)
if(MONGOC_FOUND)
  add_library(dep::mongoc ALIAS PkgConfig::MONGOC)
endif()

pkg_check_modules(RE2 QUIET IMPORTED_TARGET re2)
if(RE2_FOUND)
  add_library(dep::re2 ALIAS PkgConfig::RE2)
endif()
pkg_check_modules(ZLIB QUIET IMPORTED_TARGET zlib)
if(ZLIB_FOUND)
  add_library(dep::zlib ALIAS PkgConfig::ZLIB)
endif()

pkg_check_modules(AMQP QUIET IMPORTED_TARGET librabbitmq)
if(AMQP_FOUND)
  add_library(dep::amqp ALIAS PkgConfig::AMQP)
endif()
pkg_check_modules(RDKAFKA QUIET IMPORTED_TARGET rdkafka)
if(RDKAFKA_FOUND)
  add_library(dep::kafka ALIAS PkgConfig::RDKAFKA)
endif()

pkg_check_modules(GRPC QUIET IMPORTED_TARGET grpc++ protobuf)
find_program(PROTOC protoc)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin)
if(GRPC_FOUND AND PROTOC AND GRPC_CPP_PLUGIN)
  add_library(dep::grpc ALIAS PkgConfig::GRPC)
endif()
