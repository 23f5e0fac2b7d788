# Warnings, sanitizers, the linker and the compiler cache, in one place for every target.

find_program(LIMPID_CCACHE ccache)
if(LIMPID_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LIMPID_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${LIMPID_CCACHE})
endif()

add_library(limpid_flags INTERFACE)
target_compile_options(limpid_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wcast-align -Wformat=2 -fno-omit-frame-pointer -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(limpid_flags INTERFACE -Wduplicated-cond -Wlogical-op -Wuseless-cast)
  # g++ 12 reports these on correct code of its own headers once they are inlined (GCC bugs 105329, 105562, 107138).
  target_compile_options(limpid_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-array-bounds
    -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's std::stable_sort calls its own std::get_temporary_buffer, which C++17 deprecated.
  target_compile_options(limpid_flags INTERFACE -Wno-deprecated-declarations)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(limpid_flags INTERFACE _FORTIFY_SOURCE=2)
  target_link_options(limpid_flags INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)
endif()
target_compile_definitions(limpid_flags INTERFACE _GLIBCXX_ASSERTIONS)

if(LIMPID_SANITIZE)
  target_compile_options(limpid_flags INTERFACE -fsanitize=${LIMPID_SANITIZE} -fno-sanitize-recover=all -g1)
  target_link_options(limpid_flags INTERFACE -fsanitize=${LIMPID_SANITIZE})
endif()

# clang finds its linker by name; g++ 12 takes -fuse-ld=mold.
find_program(LIMPID_MOLD mold)
if(LIMPID_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
