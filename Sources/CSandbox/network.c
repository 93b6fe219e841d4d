// A network of an executor's own, in a namespace that all its private steps share; what carries it out is in stacks.c.
//
// The namespace belongs to a user namespace that only the stack enters: steps join by setns before they get their own
// user namespace, and so have no power over it.
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "internal.h"

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

struct holder {
    pid_t pid;
    int pidfd;
    struct csb_own_net network;
};

// What the namespace's own processes need of it: loopback, and ports below 1024 for everybody, since no step has a
// capability over it.
static void hold(int ready, int release) __attribute__((noreturn));
static void hold(int ready, int release) {
    char byte = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (csb_read(release, &byte, 1) != 1) _exit(1);
    if (csb_loopback_up() < 0) byte = 1;
    csb_write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0", 1);
    csb_write_all(ready, &byte, 1);
    _exit(0);
}

// Ping for everybody, by a process of our user namespace: the holder's has one id, and both ends of the range must be ids
// where it is written.
static void permit_ping(int network_fd) {
    static const char *const ranges[] = {"0 2147483647", "0 65535", "0 65534", NULL};
    pid_t pid = csb_clone(0, NULL);
    if (pid == 0) {
        if (setns(network_fd, CLONE_NEWNET) < 0) _exit(1);
        for (const char *const *range = ranges; *range; range++)
            if (csb_write_file("/proc/sys/net/ipv4/ping_group_range", *range, strlen(*range)) >= 0) _exit(0);
        _exit(1);
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
}

static int take_namespaces(struct holder *holder) {
    char path[64];
    pid_t pid = csb_visible_pid(holder->pidfd);
    csb_format(path, sizeof path, "/proc/%d/ns/user", pid);
    holder->network.user_fd = open(path, O_RDONLY | O_CLOEXEC);
    csb_format(path, sizeof path, "/proc/%d/ns/net", pid);
    holder->network.network_fd = open(path, O_RDONLY | O_CLOEXEC);
    return holder->network.user_fd < 0 || holder->network.network_fd < 0 ? -errno : 0;
}

// Makes the namespaces in a child, which is gone when this returns. In `shifted` their owner is `nobody`, so that the
// stack can run as that user; the ids of the calling thread's file system accesses stay root's.
static int make_namespaces(const struct csb_world *world, struct holder *holder) {
    bool shifted = csb_executor_is_root(world->rung);
    int ready[2], release[2];
    if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(release, O_CLOEXEC) < 0) return -errno;
    CSB_CLOSE int ready_read = ready[0], ready_write = ready[1], release_read = release[0], release_write = release[1];
    if (shifted && syscall(SYS_setresuid, -1, CSB_STACK_USER, 0) < 0) return -errno;
    holder->pid = csb_clone(CLONE_NEWUSER | CLONE_NEWNET, &holder->pidfd);
    if (holder->pid == 0) {
        close(release_write);
        hold(ready_write, release_read);
    }
    if (shifted && syscall(SYS_setresuid, -1, 0, 0) < 0) return -errno;
    if (holder->pid < 0) return holder->pid;
    struct csb_failure failure;
    char map[32];
    csb_format(map, sizeof map, "0 %d 1", shifted ? CSB_STACK_USER : 0);
    int result = csb_write_maps(holder->pidfd, map, map, &failure);
    if (result == 0) result = take_namespaces(holder);
    char byte = 0;
    if (result == 0) csb_write_all(release_write, &byte, 1);
    close(release_write);
    release_write = -1;
    close(ready_write);
    ready_write = -1;
    if (result == 0 && (csb_read(ready_read, &byte, 1) != 1 || byte != 0)) result = -ENETDOWN;
    while (waitpid(holder->pid, NULL, 0) < 0 && errno == EINTR) {}
    close(holder->pidfd);
    if (result == 0) permit_ping(holder->network.network_fd);
    return result;
}

void csb_start_network_stack(const struct csb_world *world, struct csb_network_stack *stack) {
    struct holder holder = {.network = {.user_fd = -1, .network_fd = -1}};
    stack->state = 2;
    int result = make_namespaces(world, &holder);
    if (result < 0) csb_format(stack->note, sizeof stack->note, "a network namespace: %s", strerrordesc_np(-result));
    if (result == 0) result = csb_run_stack(world, &holder.network, stack);
    if (holder.network.user_fd >= 0) close(holder.network.user_fd);
    if (result < 0) {
        if (holder.network.network_fd >= 0) close(holder.network.network_fd);
        return;
    }
    stack->state = 1;
    stack->namespace_fd = holder.network.network_fd;
}
