# Build options shared by every target. A target gets them with
# idled_target(NAME), so that no folder repeats a flag.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(IDLED_WERROR "Treat warnings as errors (the dev preset does)" OFF)
option(IDLED_HARDENED "Compiler and linker hardening (the release preset does)" OFF)
set(IDLED_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")
option(IDLED_FUZZ "Build the libFuzzer targets (needs clang)" OFF)

# Where PAM looks for its modules. Debian keeps them in the multiarch folder.
if(EXISTS "/etc/debian_version" AND CMAKE_LIBRARY_ARCHITECTURE)
  set(idled_pam_default "lib/${CMAKE_LIBRARY_ARCHITECTURE}/security")
else()
  set(idled_pam_default "${CMAKE_INSTALL_LIBDIR}/security")
endif()
set(IDLED_PAM_MODULE_DIR "${idled_pam_default}" CACHE STRING "Folder of the PAM modules, below the prefix")
set(IDLED_UNIT_DIR "lib/systemd/system" CACHE STRING "Folder of the systemd units, below the prefix")

add_library(idled_options INTERFACE)
target_include_directories(idled_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(idled_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(IDLED_WERROR)
  target_compile_options(idled_options INTERFACE -Werror)
endif()
if(IDLED_HARDENED)
  target_compile_options(idled_options INTERFACE
    -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong
    -fstack-clash-protection -fcf-protection)
  target_link_options(idled_options INTERFACE -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
endif()
if(IDLED_SANITIZE)
  target_compile_options(idled_options INTERFACE
    -fsanitize=${IDLED_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(idled_options INTERFACE -fsanitize=${IDLED_SANITIZE})
endif()
if(IDLED_FUZZ)
  target_compile_options(idled_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(idled_target name)
  target_link_libraries(${name} PRIVATE idled_options)
endfunction()

# idled_library(NAME SOURCES... ): a static library of one folder.
function(idled_library name)
  add_library(${name} STATIC ${ARGN})
  idled_target(${name})
endfunction()
