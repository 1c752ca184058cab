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
option(IDLED_BENCH "Build the programs of tests/bench without the tests (the bench preset does)" OFF)
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
  # tests/checks/hardening reads what has become of them in the linked files.
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES CXX)
  target_compile_options(idled_options INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong
    -fstack-clash-protection -ftrivial-auto-var-init=zero -fno-plt -Wformat=2 -Werror=format-security)
  # Where an indirect jump may land, and a return go.
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|i.86")
    target_compile_options(idled_options INTERFACE -fcf-protection=full)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
    target_compile_options(idled_options INTERFACE -mbranch-protection=standard)
  endif()
  target_link_options(idled_options INTERFACE
    -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code)
endif()
if(IDLED_SANITIZE)
  target_compile_options(idled_options INTERFACE
    -fsanitize=${IDLED_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  # It asks the kernel, through a pipe, whether an address can be read, and takes the answer
  # that there are no descriptors left for a no; some tests leave none.
  if(IDLED_SANITIZE MATCHES "undefined")
    target_compile_options(idled_options INTERFACE -fno-sanitize=vptr)
  endif()
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
