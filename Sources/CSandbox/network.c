// A network stack of an executor's own: pasta, or slirp4netns, in a namespace that all its private steps share.
//
// The namespace belongs to a user namespace that only the stack enters: steps join by setns before they get their own
// user namespace, and so have no power over it.
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "internal.h"

// Stands in for the host's resolver where that listens on the host's loopback. 169.254/16 is never routed.
#define FORWARDED_RESOLVER "169.254.53.53"
// `nobody`: the stack's user on the host in `shifted`, where pasta would not run as root anyway.
enum { STACK_USER = 65534, USER_FD = 20, NETWORK_FD = 21 };

int csb_loopback_up(void) {
    CSB_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0) return -errno;
    return 0;
}

void csb_read_resolver(char *buffer, size_t size) {
    buffer[0] = 0;
    CSB_CLOSE int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : csb_read(fd, buffer, size - 1);
    buffer[length > 0 ? length : 0] = 0;
}

static bool is_loopback(const char *line) {
    const char *address = line + strspn(line, " \t");
    return strncmp(address, "127.", 4) == 0 || strncmp(address, "::1", 3) == 0;
}

// The host's resolv.conf with one forwarded address for all its servers on loopback. Did it have any?
static bool rewrite_resolver(char *text, size_t size) {
    char copy[4096];
    csb_format(copy, sizeof copy, "%s", text);
    size_t used = 0;
    bool forwarded = false;
    char *rest = NULL;
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        bool local = strncmp(line, "nameserver", 10) == 0 && is_loopback(line + 10);
        if (local && !forwarded) used += csb_format(text + used, size - used, "nameserver %s\n", FORWARDED_RESOLVER);
        if (!local) used += csb_format(text + used, size - used, "%s\n", line);
        forwarded = forwarded || local;
    }
    return forwarded;
}

struct holder {
    pid_t pid;
    int user_fd;
    int network_fd;
};

// What the namespace's own processes need of it: loopback, and ports below 1024 and ping for everybody, since no step
// has a capability over it.
static void hold(int ready, int release) __attribute__((noreturn));
static void hold(int ready, int release) {
    char byte = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (csb_read(release, &byte, 1) != 1) _exit(1);
    if (csb_loopback_up() < 0) byte = 1;
    csb_write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0", 1);
    csb_write_file("/proc/sys/net/ipv4/ping_group_range", "0 2147483647", 12);
    csb_write_all(ready, &byte, 1);
    _exit(0);
}

static int take_namespaces(struct holder *holder) {
    char path[64];
    csb_format(path, sizeof path, "/proc/%d/ns/user", holder->pid);
    holder->user_fd = open(path, O_RDONLY | O_CLOEXEC);
    csb_format(path, sizeof path, "/proc/%d/ns/net", holder->pid);
    holder->network_fd = open(path, O_RDONLY | O_CLOEXEC);
    return holder->user_fd < 0 || holder->network_fd < 0 ? -errno : 0;
}

// Makes the namespaces in a child, which is gone when this returns. In `shifted` their owner is `nobody`, so that the
// stack can run as that user; the ids of the calling thread's file system accesses stay root's.
static int make_namespaces(const struct csb_world *world, struct holder *holder) {
    bool shifted = world->rung == CSB_RUNG_SHIFTED;
    int ready[2], release[2];
    if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(release, O_CLOEXEC) < 0) return -errno;
    CSB_CLOSE int ready_read = ready[0], ready_write = ready[1], release_read = release[0], release_write = release[1];
    if (shifted && syscall(SYS_setresuid, -1, STACK_USER, 0) < 0) return -errno;
    holder->pid = csb_clone(CLONE_NEWUSER | CLONE_NEWNET, NULL);
    if (holder->pid == 0) {
        close(release_write);
        hold(ready_write, release_read);
    }
    if (shifted && syscall(SYS_setresuid, -1, 0, 0) < 0) return -errno;
    if (holder->pid < 0) return holder->pid;
    struct csb_failure failure;
    char map[32];
    csb_format(map, sizeof map, "0 %d 1", shifted ? STACK_USER : 0);
    int result = csb_write_maps(holder->pid, map, map, &failure);
    if (result == 0) result = take_namespaces(holder);
    char byte = 0;
    if (result == 0) csb_write_all(release_write, &byte, 1);
    close(release_write);
    release_write = -1;
    close(ready_write);
    ready_write = -1;
    if (result == 0 && (csb_read(ready_read, &byte, 1) != 1 || byte != 0)) result = -ENETDOWN;
    while (waitpid(holder->pid, NULL, 0) < 0 && errno == EINTR) {}
    return result;
}

// /dev/net/tun is root's alone on some machines; pasta is `nobody`. Only the stack's mount namespace gets this one.
static void open_tun_to_all(void) {
    static const char *const options[] = {"mode", "755", NULL};
    CSB_CLOSE int folder = csb_make_filesystem("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    CSB_CLOSE int target = open("/dev/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || target < 0) return;
    umask(0);
    if (mknodat(folder, "tun", S_IFCHR | 0666, makedev(10, 200)) == 0) csb_move(folder, target);
    umask(022);
}

static void exec_stack(const struct csb_world *world, const struct holder *holder, char *const *arguments, int output) {
    static char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (setns(world->mount_namespace, CLONE_NEWNS) < 0 || unshare(CLONE_NEWNS) < 0) _exit(126);
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    if (world->rung == CSB_RUNG_SHIFTED) open_tun_to_all();
    // Up first: a source may have a target's number.
    int user = fcntl(holder->user_fd, F_DUPFD_CLOEXEC, 64), network = fcntl(holder->network_fd, F_DUPFD_CLOEXEC, 64);
    if (dup2(output, 1) < 0 || dup2(output, 2) < 0 || dup2(user, USER_FD) < 0 || dup2(network, NETWORK_FD) < 0)
        _exit(126);
    csb_drop_signals();
    execvpe(arguments[0], arguments, environment);
    _exit(127);
}

// Runs `arguments` and waits until it has gone to the background; what it says is for the note.
static int run_stack(const struct csb_world *world, const struct holder *holder, char *const *arguments, char *said,
                     size_t size) {
    int output[2];
    if (pipe2(output, O_CLOEXEC) < 0) return -errno;
    CSB_CLOSE int read_end = output[0], write_end = output[1];
    pid_t pid = csb_clone(0, NULL);
    if (pid < 0) return pid;
    if (pid == 0) exec_stack(world, holder, arguments, write_end);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    fcntl(read_end, F_SETFL, O_NONBLOCK);
    ssize_t length = read(read_end, said, size - 1);
    said[length > 0 ? length : 0] = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -ENOENT : -EIO;
}

// The last line that is a sentence: pasta also says that it cannot reach syslog.
static const char *last_words(char *said) {
    const char *words = "no reason given";
    char *rest = NULL;
    for (char *line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, "Failed to send ", 15) != 0) words = line;
    return words;
}

// -T, -U: no port of the host's loopback in the namespace; --no-map-gw: none at the gateway's address.
static int start_pasta(const struct csb_world *world, const struct holder *holder, struct csb_network_stack *stack,
                       bool forwarded) {
    char *arguments[32] = {"pasta", "--config-net", "-t", "none", "-u", "none", "-T", "none", "-U", "none",
                           "--no-map-gw", "--no-netns-quit", "--quiet", "--netns", "/proc/self/fd/21", "--userns",
                           "/proc/self/fd/20"};
    int count = 17;
    if (world->rung == CSB_RUNG_SHIFTED) {
        arguments[count++] = "--runas";
        arguments[count++] = "65534:65534";
    }
    if (forwarded) {
        arguments[count++] = "--dns-forward";
        arguments[count++] = FORWARDED_RESOLVER;
    }
    char said[2048];
    int result = run_stack(world, holder, arguments, said, sizeof said);
    if (result == -ENOENT) csb_format(stack->note, sizeof stack->note, "pasta is not installed (package passt)");
    else if (result < 0) csb_format(stack->note, sizeof stack->note, "pasta: %s", last_words(said));
    return result;
}

void csb_start_network_stack(const struct csb_world *world, struct csb_network_stack *stack) {
    struct holder holder = {.user_fd = -1, .network_fd = -1};
    stack->state = 2;
    int result = make_namespaces(world, &holder);
    if (result < 0) csb_format(stack->note, sizeof stack->note, "a network namespace: %s", strerrordesc_np(-result));
    bool forwarded = rewrite_resolver(stack->resolver, sizeof stack->resolver);
    if (result == 0) result = start_pasta(world, &holder, stack, forwarded);
    if (holder.user_fd >= 0) close(holder.user_fd);
    if (result < 0) {
        if (holder.network_fd >= 0) close(holder.network_fd);
        return;
    }
    stack->state = 1;
    stack->namespace_fd = holder.network_fd;
}
