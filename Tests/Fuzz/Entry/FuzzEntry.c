#define _GNU_SOURCE
#include "FuzzEntry.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

long fuzz_peak_memory(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

void fuzz_deadline(unsigned int seconds) { alarm(seconds); }

void fuzz_signal_stack(void) {
  static char memory[1 << 16];
  stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
  // libFuzzer keeps this flag for the handler that it installs.
  struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_ONSTACK};
  if (sigaltstack(&stack, 0) == 0) sigaction(SIGSEGV, &action, 0);
}
