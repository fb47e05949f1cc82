// libseccomp's functions, so that Swift passes no pointer: a filter in the making is an integer, a name travels by value.
// Each returns libseccomp's own answer, a result or a negated errno.

#ifndef BERTH_CSECCOMP_H
#define BERTH_CSECCOMP_H

#include <seccomp.h>
#include <stdint.h>

// The version as one number: 2.5.4 is 20504.
static inline unsigned cseccomp_version(void) {
  const struct scmp_version *version = seccomp_version();
  return version->major * 10000 + version->minor * 100 + version->micro;
}
static inline uint32_t cseccomp_arch_native(void) { return seccomp_arch_native(); }

// A system call's name: its bytes from the first on, and at least one zero.
struct cseccomp_name {
  uint64_t bytes[8];
};
static inline int cseccomp_resolve(uint32_t architecture, struct cseccomp_name name) {
  return seccomp_syscall_resolve_name_arch(architecture, (const char *)name.bytes);
}

// A filter in the making; 0 for none.
static inline uintptr_t cseccomp_init(uint32_t action) { return (uintptr_t)seccomp_init(action); }
static inline void cseccomp_release(uintptr_t filter) { seccomp_release((scmp_filter_ctx)filter); }
static inline int cseccomp_arch_add(uintptr_t filter, uint32_t architecture) {
  return seccomp_arch_add((scmp_filter_ctx)filter, architecture);
}
// The depth of the tree that numbers are looked up in: 1 is a list, 2 a binary tree.
static inline int cseccomp_optimize(uintptr_t filter, uint32_t level) {
  return seccomp_attr_set((scmp_filter_ctx)filter, SCMP_FLTATR_CTL_OPTIMIZE, level);
}

// The comparisons of a rule, one for each argument at most.
struct cseccomp_comparisons {
  struct scmp_arg_cmp list[6];
};
static inline int cseccomp_rule_add(uintptr_t filter, uint32_t action, int number, unsigned count,
                                    struct cseccomp_comparisons comparisons) {
  return seccomp_rule_add_array((scmp_filter_ctx)filter, action, number, count, comparisons.list);
}
static inline struct scmp_arg_cmp cseccomp_comparison(unsigned argument, int operation, uint64_t value,
                                                      uint64_t value_two) {
  return (struct scmp_arg_cmp){argument, (enum scmp_compare)operation, value, value_two};
}

// Writes the filter's program to a descriptor.
static inline int cseccomp_export(uintptr_t filter, int fd) {
  return seccomp_export_bpf((scmp_filter_ctx)filter, fd);
}

#endif
