// floor ROOTFS PROGRAM...: the least that the kernel must do for a container of the default configuration. The same
// namespaces, file systems, devices, masked and read-only paths and root, then the program; no configuration is read, no
// state kept, no cgroup made. What a runtime takes beyond this is its own.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void must(long result, const char *what) {
  if (result >= 0) return;
  perror(what);
  _exit(1);
}

static void make_mounts(void) {
  const unsigned long quiet = MS_NOSUID | MS_NOEXEC | MS_NODEV;
  must(mount("proc", "proc", "proc", 0, NULL), "proc");
  must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"), "dev");
  const char *directories[] = {"dev/pts", "dev/shm", "dev/mqueue"};
  for (size_t index = 0; index < COUNT(directories); index++) must(mkdir(directories[index], 0755), "mkdir");
  const char *terminals = "newinstance,ptmxmode=0666,mode=0620,gid=5";
  must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, terminals), "dev/pts");
  must(mount("shm", "dev/shm", "tmpfs", quiet, "mode=1777,size=65536k"), "dev/shm");
  must(mount("mqueue", "dev/mqueue", "mqueue", quiet, NULL), "dev/mqueue");
  must(mount("sysfs", "sys", "sysfs", quiet | MS_RDONLY, NULL), "sys");
  must(mount("cgroup", "sys/fs/cgroup", "tmpfs", quiet | MS_RELATIME, "mode=755"), "sys/fs/cgroup");
}

static void make_devices(void) {
  const struct { const char *path; unsigned major, minor; } devices[] = {
      {"dev/null", 1, 3}, {"dev/zero", 1, 5},   {"dev/full", 1, 7},
      {"dev/tty", 5, 0},  {"dev/random", 1, 8}, {"dev/urandom", 1, 9},
  };
  for (size_t index = 0; index < COUNT(devices); index++)
    must(mknod(devices[index].path, S_IFCHR | 0666, makedev(devices[index].major, devices[index].minor)), "mknod");
  const char *links[][2] = {{"/proc/self/fd", "dev/fd"}, {"/proc/self/fd/0", "dev/stdin"},
                            {"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"},
                            {"pts/ptmx", "dev/ptmx"}};
  for (size_t index = 0; index < COUNT(links); index++) must(symlink(links[index][0], links[index][1]), "symlink");
}

// What a kernel does not have needs no cover.
static void cover_paths(void) {
  const char *read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  for (size_t index = 0; index < COUNT(read_only); index++) {
    const char *path = read_only[index];
    if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0) continue;
    must(mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), path);
  }
  const char *masked[] = {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                          "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"};
  for (size_t index = 0; index < COUNT(masked); index++) {
    if (mount("/dev/null", masked[index], NULL, MS_BIND, NULL) == 0 || errno != ENOTDIR) continue;
    must(mount("tmpfs", masked[index], "tmpfs", MS_RDONLY, NULL), masked[index]);
  }
}

int main(int count, char **words) {
  if (count < 3) return 2;
  struct clone_args request = {
      .flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWCGROUP,
      .exit_signal = SIGCHLD,
  };
  long child = syscall(SYS_clone3, &request, sizeof request);
  must(child, "clone3");
  if (child == 0) {
    const char *root = words[1];
    must(sethostname("floor", 5), "sethostname");
    must(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "/");
    must(mount(root, root, NULL, MS_BIND | MS_REC, NULL), root);
    must(chdir(root), root);
    make_mounts();
    make_devices();
    must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    must(umount2(".", MNT_DETACH), "umount");
    must(chdir("/"), "/");
    cover_paths();
    must(mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), "/");
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    execv(words[2], words + 2);
    must(-1, words[2]);
  }
  int status;
  must(waitpid(child, &status, 0), "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
