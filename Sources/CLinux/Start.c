// The very first instructions of berth, before libc's: where a container is started, the program starts itself anew from a
// read-only mount of its file. SealedProgram.swift says why, and does the same later for every command that needs it: what
// is decided there is decided by the type of the request. To do it first saves the start of libc and of Swift's runtime
// that would be thrown away, a twentieth of `berth run`.
//
// Nothing of libc works yet, not even memcpy: no relocation is done, no thread pointer set. So: system calls alone.

#if defined(__x86_64__) || defined(__aarch64__)

#include <fcntl.h>
#include <linux/mount.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

// Keeps what the kernel handed over, has a look, and goes on to libc's own start.
#if defined(__x86_64__)
__asm__(
    ".text\n.globl linux_start\n.type linux_start, @function\nlinux_start:\n"
    "  movq %rsp, %rdi\n  movq %rdx, %r12\n  andq $-16, %rsp\n  pushq %rdi\n  subq $8, %rsp\n"
    "  call linux_start_from_read_only_mount\n"
    "  addq $8, %rsp\n  popq %rsp\n  movq %r12, %rdx\n  jmp _start\n");

static long call(long number, long first, long second, long third, long fourth, long fifth) {
  long answer;
  register long r10 __asm__("r10") = fourth;
  register long r8 __asm__("r8") = fifth;
  __asm__ volatile("syscall"
                   : "=a"(answer)
                   : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return answer;
}
#else
__asm__(
    ".text\n.globl linux_start\n.type linux_start, %function\nlinux_start:\n"
    "  mov x19, x0\n  mov x0, sp\n  bl linux_start_from_read_only_mount\n  mov x0, x19\n  b _start\n");

static long call(long number, long first, long second, long third, long fourth, long fifth) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = first;
  register long x1 __asm__("x1") = second;
  register long x2 __asm__("x2") = third;
  register long x3 __asm__("x3") = fourth;
  register long x4 __asm__("x4") = fifth;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}
#endif

__attribute__((no_builtin)) static int equal(const char *text, const char *other) {
  while (*text != 0 && *text == *other) text++, other++;
  return *text == *other;
}

// Whether a word of the command line is one of the commands that start a process in a container, and that are to be fast. A
// guess: a container named "run" costs time, a command that is not known here is sealed later.
__attribute__((no_builtin)) static int may_start_in_container(long count, char **words) {
  if (count > 1 && equal(words[1], "shell")) return 0;
  for (long index = 1; index < count; index++) {
    const char *word = words[index];
    if (equal(word, "run") || equal(word, "create") || equal(word, "exec") || equal(word, "restore")) return 1;
  }
  return 0;
}

// What the kernel leaves on the stack: the count of arguments, the arguments, a null, the environment.
__attribute__((used, visibility("hidden"), no_builtin)) void linux_start_from_read_only_mount(long *stack) {
  long count = stack[0];
  char **words = (char **)(stack + 1);
  char **environment = words + count + 1;
  if (!may_start_in_container(count, words)) return;
  long program = call(SYS_openat, AT_FDCWD, (long)"/proc/self/exe", 0x200000 | O_CLOEXEC, 0, 0);  // O_PATH
  if (program < 0) return;
  long status[15];  // struct statfs; the flags are the eleventh
  long answer = call(SYS_fstatfs, program, (long)status, 0, 0, 0);
  if (answer == 0 && (status[10] & 1) == 0) {  // ST_RDONLY
    long mount = call(SYS_open_tree, program, (long)"", OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH, 0, 0);
    if (mount >= 0) {
      uint64_t attributes[4] = {MOUNT_ATTR_RDONLY, 0, 0, 0};  // struct mount_attr
      answer = call(SYS_mount_setattr, mount, (long)"", AT_EMPTY_PATH, (long)attributes, sizeof attributes);
      if (answer == 0) {
        call(SYS_execveat, mount, (long)"", (long)words, (long)environment, AT_EMPTY_PATH);
      }
      call(SYS_close, mount, 0, 0, 0, 0);
    }
  }
  call(SYS_close, program, 0, 0, 0, 0);
}

#endif
