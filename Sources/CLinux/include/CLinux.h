// The system calls that berth makes, each as one function that returns the kernel's own answer: a result, or the
// negated errno. Swift cannot call most of them through libc: glibc hides them behind _GNU_SOURCE (which conflicts
// with Swift's Glibc module), has no wrapper, or declares them variadic. One function is one system call, without
// control flow; records that are newer than the oldest headers we build with (Linux 6.1) are declared here.

#ifndef BERTH_CLINUX_H
#define BERTH_CLINUX_H

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline long linux_result(long result) { return result == -1 ? -(long)errno : result; }

// Mounts: mount(2)'s descriptor-based family, statmount(2), pivot_root(2).

static inline long linux_open_tree(int dirfd, const char *_Nonnull path, unsigned flags) {
  return linux_result(syscall(SYS_open_tree, dirfd, path, flags));
}
static inline long linux_move_mount(int from, const char *_Nonnull from_path, int to, const char *_Nonnull to_path,
                                    unsigned flags) {
  return linux_result(syscall(SYS_move_mount, from, from_path, to, to_path, flags));
}
static inline long linux_fsopen(const char *_Nonnull type, unsigned flags) {
  return linux_result(syscall(SYS_fsopen, type, flags));
}
static inline long linux_fspick(int dirfd, const char *_Nonnull path, unsigned flags) {
  return linux_result(syscall(SYS_fspick, dirfd, path, flags));
}
static inline long linux_fsconfig(int fd, unsigned command, const char *_Nullable key, const void *_Nullable value,
                                  int aux) {
  return linux_result(syscall(SYS_fsconfig, fd, command, key, value, aux));
}
static inline long linux_fsmount(int fd, unsigned flags, unsigned attributes) {
  return linux_result(syscall(SYS_fsmount, fd, flags, attributes));
}
static inline long linux_mount_setattr(int dirfd, const char *_Nonnull path, unsigned flags,
                                       const struct mount_attr *_Nonnull attr) {
  return linux_result(syscall(SYS_mount_setattr, dirfd, path, flags, attr, sizeof *attr));
}
static inline long linux_pivot_root(const char *_Nonnull new_root, const char *_Nonnull put_old) {
  return linux_result(syscall(SYS_pivot_root, new_root, put_old));
}
static inline long linux_mount(const char *_Nullable source, const char *_Nonnull target, const char *_Nullable type,
                               unsigned long flags, const void *_Nullable data) {
  return linux_result(syscall(SYS_mount, source, target, type, flags, data));
}
static inline long linux_umount2(const char *_Nonnull target, int flags) {
  return linux_result(syscall(SYS_umount2, target, flags));
}

// Namespaces and processes.

static inline long linux_clone3(struct clone_args *_Nonnull args) {
  return linux_result(syscall(SYS_clone3, args, sizeof *args));
}
static inline long linux_unshare(unsigned flags) { return linux_result(syscall(SYS_unshare, flags)); }
static inline long linux_setns(int fd, unsigned type) { return linux_result(syscall(SYS_setns, fd, type)); }
static inline long linux_pidfd_open(int pid, unsigned flags) {
  return linux_result(syscall(SYS_pidfd_open, pid, flags));
}
static inline long linux_pidfd_send_signal(int pidfd, int signal) {
  return linux_result(syscall(SYS_pidfd_send_signal, pidfd, signal, (void *)0, 0u));
}
static inline long linux_waitid(unsigned id_type, unsigned id, siginfo_t *_Nonnull info, int options) {
  return linux_result(syscall(SYS_waitid, id_type, id, info, options, (void *)0));
}
static inline int linux_siginfo_pid(const siginfo_t *_Nonnull info) { return info->si_pid; }
static inline int linux_siginfo_status(const siginfo_t *_Nonnull info) { return info->si_status; }
static inline int linux_siginfo_code(const siginfo_t *_Nonnull info) { return info->si_code; }
static inline long linux_kill(int pid, int signal) { return linux_result(syscall(SYS_kill, pid, signal)); }
static inline long linux_uname(void *_Nonnull record) { return linux_result(syscall(SYS_uname, record)); }
static inline char *_Nullable const *_Nullable linux_environment(void) {
  extern char **environ;
  return environ;
}
static inline long linux_clock_gettime(int clock, void *_Nonnull time) {
  return linux_result(syscall(SYS_clock_gettime, clock, time));
}
static inline long linux_setpgid(int pid, int group) { return linux_result(syscall(SYS_setpgid, pid, group)); }
static inline long linux_getpgid(int pid) { return linux_result(syscall(SYS_getpgid, pid)); }
static inline long linux_getpid(void) { return linux_result(syscall(SYS_getpid)); }
static inline long linux_execve(const char *_Nonnull path, char *_Nullable const *_Nonnull argv,
                                char *_Nullable const *_Nonnull envp) {
  return linux_result(syscall(SYS_execve, path, argv, envp));
}
static inline long linux_exit_group(int status) { return linux_result(syscall(SYS_exit_group, status)); }
static inline long linux_exit(int status) { return linux_result(syscall(SYS_exit, status)); }
/// An instruction that the processor refuses: the signal that comes of it is neither blocked nor filtered.
static inline _Noreturn void linux_trap(void) { __builtin_trap(); }
static inline long linux_prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5) {
  return linux_result(syscall(SYS_prctl, option, a2, a3, a4, a5));
}
static inline long linux_prlimit64(int pid, int resource, const uint64_t *_Nullable new_limit,
                                   uint64_t *_Nullable old_limit) {
  return linux_result(syscall(SYS_prlimit64, pid, resource, new_limit, old_limit));
}
static inline long linux_setsid(void) { return linux_result(syscall(SYS_setsid)); }
static inline long linux_keyctl(int operation, unsigned long a2, unsigned long a3, unsigned long a4,
                                unsigned long a5) {
  return linux_result(syscall(SYS_keyctl, operation, a2, a3, a4, a5));
}
static inline long linux_keyctl_join(const char *_Nonnull name) {
  return linux_result(syscall(SYS_keyctl, 1, name));
}
static inline long linux_personality(unsigned long persona) {
  return linux_result(syscall(SYS_personality, persona));
}
static inline long linux_ioprio_set(int which, int who, int priority) {
  return linux_result(syscall(SYS_ioprio_set, which, who, priority));
}
static inline long linux_sched_setattr(int pid, const void *_Nonnull attributes, unsigned flags) {
  return linux_result(syscall(SYS_sched_setattr, pid, attributes, flags));
}
static inline long linux_sched_getaffinity(int pid, unsigned long size, uint64_t *_Nonnull mask) {
  return linux_result(syscall(SYS_sched_getaffinity, pid, size, mask));
}
static inline void linux_sched_yield(void) { syscall(SYS_sched_yield); }
static inline long linux_sched_setaffinity(int pid, unsigned long size, const uint64_t *_Nonnull mask) {
  return linux_result(syscall(SYS_sched_setaffinity, pid, size, mask));
}
static inline long linux_set_mempolicy(int mode, const uint64_t *_Nullable nodes, unsigned long count) {
  return linux_result(syscall(SYS_set_mempolicy, mode, nodes, count));
}
static inline long linux_execveat(int dirfd, const char *_Nonnull path, char *_Nullable const *_Nonnull argv,
                                  char *_Nullable const *_Nonnull envp, int flags) {
  return linux_result(syscall(SYS_execveat, dirfd, path, argv, envp, flags));
}
static inline long linux_seccomp(unsigned operation, unsigned flags, const void *_Nullable argument) {
  return linux_result(syscall(SYS_seccomp, operation, flags, argument));
}
static inline long linux_chroot(const char *_Nonnull path) { return linux_result(syscall(SYS_chroot, path)); }
static inline long linux_umask(unsigned mask) { return linux_result(syscall(SYS_umask, mask)); }
static inline long linux_sethostname(const char *_Nonnull name, unsigned long length) {
  return linux_result(syscall(SYS_sethostname, name, length));
}
static inline long linux_setdomainname(const char *_Nonnull name, unsigned long length) {
  return linux_result(syscall(SYS_setdomainname, name, length));
}

// Credentials.

static inline long linux_geteuid(void) { return linux_result(syscall(SYS_geteuid)); }
static inline long linux_getegid(void) { return linux_result(syscall(SYS_getegid)); }
static inline long linux_setresuid(unsigned r, unsigned e, unsigned s) {
  return linux_result(syscall(SYS_setresuid, r, e, s));
}
static inline long linux_setresgid(unsigned r, unsigned e, unsigned s) {
  return linux_result(syscall(SYS_setresgid, r, e, s));
}
static inline long linux_setgroups(unsigned long count, const unsigned *_Nullable groups) {
  return linux_result(syscall(SYS_setgroups, count, groups));
}
static inline long linux_getgroups(long count, unsigned *_Nullable groups) {
  return linux_result(syscall(SYS_getgroups, count, groups));
}
static inline long linux_capget(struct __user_cap_header_struct *_Nonnull header,
                                struct __user_cap_data_struct *_Nonnull data) {
  return linux_result(syscall(SYS_capget, header, data));
}
static inline long linux_capset(struct __user_cap_header_struct *_Nonnull header,
                                const struct __user_cap_data_struct *_Nonnull data) {
  return linux_result(syscall(SYS_capset, header, data));
}

// Files.

static inline long linux_openat2(int dirfd, const char *_Nonnull path, const struct open_how *_Nonnull how) {
  return linux_result(syscall(SYS_openat2, dirfd, path, how, sizeof *how));
}
static inline long linux_close(int fd) { return linux_result(syscall(SYS_close, fd)); }
static inline long linux_close_range(unsigned first, unsigned last, unsigned flags) {
  return linux_result(syscall(SYS_close_range, first, last, flags));
}
static inline long linux_read(int fd, void *_Nonnull buffer, unsigned long count) {
  return linux_result(syscall(SYS_read, fd, buffer, count));
}
static inline long linux_write(int fd, const void *_Nonnull buffer, unsigned long count) {
  return linux_result(syscall(SYS_write, fd, buffer, count));
}
static inline long linux_sendfile(int out, int in, unsigned long count) {
  return linux_result(syscall(SYS_sendfile, out, in, (void *)0, count));
}
static inline long linux_pread64(int fd, void *_Nonnull buffer, unsigned long count, long offset) {
  return linux_result(syscall(SYS_pread64, fd, buffer, count, offset));
}
static inline long linux_getdents64(int fd, void *_Nonnull buffer, unsigned long count) {
  return linux_result(syscall(SYS_getdents64, fd, buffer, count));
}
static inline long linux_statx(int dirfd, const char *_Nonnull path, int flags, unsigned mask,
                               struct statx *_Nonnull result) {
  return linux_result(syscall(SYS_statx, dirfd, path, flags, mask, result));
}
static inline long linux_fstatfs_type(int fd) {
  long buffer[32];
  long result = syscall(SYS_fstatfs, fd, buffer);
  return result == -1 ? -(long)errno : buffer[0];
}
// The size of a block, the blocks, those that are free, and those that are free to users, statfs(2).
static inline long linux_fstatfs_space(int fd, uint64_t *_Nonnull space) {
  long buffer[32];
  long result = syscall(SYS_fstatfs, fd, buffer);
  if (result == -1) return -(long)errno;
  for (int i = 0; i < 4; i++) space[i] = (uint64_t)buffer[i + 1];
  return 0;
}
static inline long linux_fstatfs_flags(int fd) {
  long buffer[32];
  long result = syscall(SYS_fstatfs, fd, buffer);
  return result == -1 ? -(long)errno : buffer[10];
}
static inline long linux_readlinkat(int dirfd, const char *_Nonnull path, char *_Nonnull buffer,
                                    unsigned long size) {
  return linux_result(syscall(SYS_readlinkat, dirfd, path, buffer, size));
}
static inline long linux_mkdirat(int dirfd, const char *_Nonnull path, unsigned mode) {
  return linux_result(syscall(SYS_mkdirat, dirfd, path, mode));
}
static inline long linux_mknodat(int dirfd, const char *_Nonnull path, unsigned mode, unsigned device) {
  return linux_result(syscall(SYS_mknodat, dirfd, path, mode, device));
}
static inline long linux_symlinkat(const char *_Nonnull target, int dirfd, const char *_Nonnull path) {
  return linux_result(syscall(SYS_symlinkat, target, dirfd, path));
}
static inline long linux_unlinkat(int dirfd, const char *_Nonnull path, int flags) {
  return linux_result(syscall(SYS_unlinkat, dirfd, path, flags));
}
static inline long linux_fchmod(int fd, unsigned mode) { return linux_result(syscall(SYS_fchmod, fd, mode)); }
static inline long linux_fchownat(int dirfd, const char *_Nonnull path, unsigned uid, unsigned gid, int flags) {
  return linux_result(syscall(SYS_fchownat, dirfd, path, uid, gid, flags));
}
static inline long linux_chdir(const char *_Nonnull path) { return linux_result(syscall(SYS_chdir, path)); }
static inline long linux_fchdir(int fd) { return linux_result(syscall(SYS_fchdir, fd)); }
static inline long linux_getcwd(char *_Nonnull buffer, unsigned long size) {
  return linux_result(syscall(SYS_getcwd, buffer, size));
}

#define LINUX_RENAME_EXCHANGE 2u
static inline long linux_renameat2(int from_dirfd, const char *_Nonnull from, int to_dirfd, const char *_Nonnull to,
                                   unsigned flags) {
  return linux_result(syscall(SYS_renameat2, from_dirfd, from, to_dirfd, to, flags));
}
static inline long linux_flock(int fd, int operation) { return linux_result(syscall(SYS_flock, fd, operation)); }
static inline long linux_memfd_create(const char *_Nonnull name, unsigned flags) {
  return linux_result(syscall(SYS_memfd_create, name, flags));
}
static inline long linux_fcntl(int fd, int command, unsigned long argument) {
  return linux_result(syscall(SYS_fcntl, fd, command, argument));
}
static inline long linux_lseek(int fd, long offset, int whence) {
  return linux_result(syscall(SYS_lseek, fd, offset, whence));
}

// Descriptors that wait and talk.

static inline long linux_bind(int fd, const void *_Nonnull address, unsigned length) {
  return linux_result(syscall(SYS_bind, fd, address, length));
}
static inline long linux_connect(int fd, const void *_Nonnull address, unsigned length) {
  return linux_result(syscall(SYS_connect, fd, address, length));
}
static inline long linux_listen(int fd, int backlog) { return linux_result(syscall(SYS_listen, fd, backlog)); }
static inline long linux_accept4(int fd, int flags) {
  return linux_result(syscall(SYS_accept4, fd, (void *)0, (void *)0, flags));
}
static inline long linux_sendmsg(int fd, const struct msghdr *_Nonnull message, int flags) {
  return linux_result(syscall(SYS_sendmsg, fd, message, flags));
}
static inline long linux_recvmsg(int fd, struct msghdr *_Nonnull message, int flags) {
  return linux_result(syscall(SYS_recvmsg, fd, message, flags));
}

static inline long linux_socketpair(int domain, int type, int protocol, int *_Nonnull pair) {
  return linux_result(syscall(SYS_socketpair, domain, type, protocol, pair));
}
static inline long linux_socket(int domain, int type, int protocol) {
  return linux_result(syscall(SYS_socket, domain, type, protocol));
}
static inline long linux_pipe2(int *_Nonnull pair, int flags) { return linux_result(syscall(SYS_pipe2, pair, flags)); }
static inline long linux_dup3(int from, int to, int flags) { return linux_result(syscall(SYS_dup3, from, to, flags)); }
static inline long linux_signalfd4(int fd, const uint64_t *_Nonnull mask, int flags) {
  return linux_result(syscall(SYS_signalfd4, fd, mask, sizeof *mask, flags));
}
static inline long linux_rt_sigprocmask(int how, const uint64_t *_Nullable set, uint64_t *_Nullable old) {
  return linux_result(syscall(SYS_rt_sigprocmask, how, set, old, sizeof(uint64_t)));
}
static inline long linux_poll(struct pollfd *_Nonnull fds, unsigned long count, int milliseconds) {
  return linux_result(syscall(SYS_poll, fds, count, milliseconds));
}
static inline long linux_ioctl(int fd, unsigned long request, void *_Nullable argument) {
  return linux_result(syscall(SYS_ioctl, fd, request, argument));
}
static inline long linux_ioctl_value(int fd, unsigned long request, long argument) {
  return linux_result(syscall(SYS_ioctl, fd, request, argument));
}

// Control groups: what runtimes need around cgroups(7).

static inline long linux_statfs_type(const char *_Nonnull path) {
  long buffer[32];
  long result = syscall(SYS_statfs, path, buffer);
  return result == -1 ? -(long)errno : buffer[0];
}
static inline long linux_rmdirat(int dirfd, const char *_Nonnull path) {
  return linux_result(syscall(SYS_unlinkat, dirfd, path, 0x200));  // AT_REMOVEDIR
}
static inline long linux_bpf(int command, union bpf_attr *_Nonnull attributes) {
  return linux_result(syscall(SYS_bpf, command, attributes, sizeof *attributes));
}
static inline long linux_mmap(unsigned long length, int protection, int flags, int fd) {
  return linux_result(syscall(SYS_mmap, (void *)0, length, protection, flags, fd, 0ul));
}
static inline long linux_munmap(unsigned long address, unsigned long length) {
  return linux_result(syscall(SYS_munmap, address, length));
}
static inline long linux_eventfd2(unsigned value, int flags) {
  return linux_result(syscall(SYS_eventfd2, value, flags));
}
static inline long linux_inotify_init1(int flags) { return linux_result(syscall(SYS_inotify_init1, flags)); }
static inline long linux_inotify_add_watch(int fd, const char *_Nonnull path, unsigned mask) {
  return linux_result(syscall(SYS_inotify_add_watch, fd, path, mask));
}
static inline long linux_nanosleep(const struct timespec *_Nonnull time) {
  return linux_result(syscall(SYS_nanosleep, time, (void *)0));
}

// The head of signalfd(2)'s record: what berth reads of its 128 bytes.
struct linux_signalfd_siginfo {
  uint32_t signal;
  int32_t error;
  int32_t code;
  uint32_t pid;
  uint8_t rest[112];
};

// fanotify(7).
static inline long linux_fanotify_init(unsigned flags, unsigned event_flags) {
  return linux_result(syscall(SYS_fanotify_init, flags, event_flags));
}
static inline long linux_fanotify_mark(int queue, unsigned flags, uint64_t mask, int file) {
  return linux_result(syscall(SYS_fanotify_mark, queue, flags, mask, file, (const char *)0));
}

// ioctl_nsfs(2): what a mount namespace tells of itself, and the requests.
struct linux_mnt_ns_info {
  uint32_t size;
  uint32_t nr_mounts;
  uint64_t mnt_ns_id;
};

// statmount(2) and listmount(2) are newer than the headers: their request, and the head of the one's answer.
#define LINUX_SYS_statmount 457
#define LINUX_SYS_listmount 458
struct linux_mnt_id_req {
  uint32_t size;
  uint32_t mnt_ns_fd;
  uint64_t mnt_id;
  uint64_t param;
  uint64_t mnt_ns_id;
};
struct linux_statmount {
  uint32_t size;
  uint32_t mnt_opts;
  uint64_t mask;
  uint32_t sb_dev_major;
  uint32_t sb_dev_minor;
  uint64_t sb_magic;
  uint32_t sb_flags;
  uint32_t fs_type;
  uint64_t mnt_id;
  uint64_t mnt_parent_id;
  uint32_t mnt_id_old;
  uint32_t mnt_parent_id_old;
  uint64_t mnt_attr;
  uint64_t mnt_propagation;
  uint64_t mnt_peer_group;
  uint64_t mnt_master;
  uint64_t propagate_from;
  uint32_t mnt_root;
  uint32_t mnt_point;
  uint64_t mnt_ns_id;
  uint32_t fs_subtype;
  uint32_t sb_source;
  uint32_t opt_num;
  uint32_t opt_array;
  uint32_t opt_sec_num;
  uint32_t opt_sec_array;
  uint64_t supported_mask;
  uint32_t mnt_uidmap_num;
  uint32_t mnt_uidmap;
  uint32_t mnt_gidmap_num;
  uint32_t mnt_gidmap;
  uint64_t spare[43];  // The strings begin at byte 512.
};
static inline long linux_statmount(const struct linux_mnt_id_req *_Nonnull request,
                                   struct linux_statmount *_Nonnull buffer, unsigned long size) {
  return linux_result(syscall(LINUX_SYS_statmount, request, buffer, size, 0u));
}
static inline long linux_listmount(const struct linux_mnt_id_req *_Nonnull request, uint64_t *_Nonnull ids,
                                   unsigned long count) {
  return linux_result(syscall(LINUX_SYS_listmount, request, ids, count, 0u));
}

#endif
