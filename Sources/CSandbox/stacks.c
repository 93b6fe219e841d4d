// The programs that carry a private network out: pasta, or slirp4netns where there is none.
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "internal.h"

// Stand in for the host's resolver. 169.254/16 is never routed; the other is a fixed address of slirp4netns.
#define PASTA_RESOLVER "169.254.53.53"
#define SLIRP_RESOLVER "10.0.2.3"
enum { USER_FD = 20, NETWORK_FD = 21, READY_FD = 22 };

struct program {
    char *const *arguments;
    bool stays;    // It does not go to the background, but says on READY_FD when it is ready.
    bool changes;  // It becomes `nobody` itself, and enters the user namespace.
};

static bool is_loopback(const char *line) {
    const char *address = line + strspn(line, " \t");
    return strncmp(address, "127.", 4) == 0 || strncmp(address, "::1", 3) == 0;
}

// One forwarded address for the servers of the host's resolv.conf: for those on loopback, or for `all`. Were there any?
static bool rewrite_resolver(char *text, size_t size, const char *address, bool all) {
    char copy[4096];
    csb_format(copy, sizeof copy, "%s", text);
    size_t used = 0;
    bool forwarded = false;
    char *rest = NULL;
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        bool local = strncmp(line, "nameserver", 10) == 0 && (all || is_loopback(line + 10));
        if (local && !forwarded) used += csb_format(text + used, size - used, "nameserver %s\n", address);
        if (!local) used += csb_format(text + used, size - used, "%s\n", line);
        forwarded = forwarded || local;
    }
    return forwarded;
}

// /dev/net/tun is root's alone on some machines; the stack is `nobody`. Only its mount namespace gets this one.
static void open_tun_to_all(void) {
    static const char *const options[] = {"mode", "755", NULL};
    CSB_CLOSE int folder = csb_make_filesystem("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    CSB_CLOSE int target = open("/dev/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || target < 0) return;
    umask(0);
    if (mknodat(folder, "tun", S_IFCHR | 0666, makedev(10, 200)) == 0) csb_move(folder, target);
    umask(022);
}

// `nobody` owns the namespaces, and so has all power over them.
static int become_nobody(void) {
    if (syscall(SYS_setgroups, 0, NULL) < 0) return -errno;
    if (syscall(SYS_setresgid, CSB_STACK_USER, CSB_STACK_USER, CSB_STACK_USER) < 0) return -errno;
    return syscall(SYS_setresuid, CSB_STACK_USER, CSB_STACK_USER, CSB_STACK_USER) < 0 ? -errno : 0;
}

static bool place_descriptors(const struct csb_own_net *net, int output, int ready) {
    // Up first: a source may have a target's number.
    int user = fcntl(net->user_fd, F_DUPFD_CLOEXEC, 64), network = fcntl(net->network_fd, F_DUPFD_CLOEXEC, 64);
    int signal = ready < 0 ? -1 : fcntl(ready, F_DUPFD_CLOEXEC, 64);
    return dup2(output, 1) >= 0 && dup2(output, 2) >= 0 && dup2(user, USER_FD) >= 0 && dup2(network, NETWORK_FD) >= 0 &&
           (ready < 0 || dup2(signal, READY_FD) >= 0);
}

static void exec_stack(const struct csb_world *world, const struct csb_own_net *net, const struct program *program,
                       int output, int ready) __attribute__((noreturn));
static void exec_stack(const struct csb_world *world, const struct csb_own_net *net, const struct program *program,
                       int output, int ready) {
    static char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    bool shifted = csb_executor_is_root(world->rung);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (setns(world->mount_namespace, CLONE_NEWNS) < 0 || unshare(CLONE_NEWNS) < 0) _exit(126);
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    if (shifted) open_tun_to_all();
    if (!place_descriptors(net, output, ready)) _exit(126);
    if (!program->changes) {
        if (shifted && become_nobody() < 0) _exit(126);
        if (setns(USER_FD, CLONE_NEWUSER) < 0) _exit(126);
        // Other ids clear it.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    csb_drop_signals();
    execvpe(program->arguments[0], program->arguments, environment);
    _exit(127);
}

static int exit_of(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -ENOENT : -EIO;
}

// Runs a program until the network is there; what it says is for the note.
static int run(const struct csb_world *world, const struct csb_own_net *net, const struct program *program,
               char *said, size_t size) {
    // No pipe: who stays may have something to say when nobody reads.
    CSB_CLOSE int output = memfd_create("said", MFD_CLOEXEC);
    int ready[2];
    if (output < 0 || pipe2(ready, O_CLOEXEC) < 0) return -errno;
    CSB_CLOSE int ready_read = ready[0], ready_write = ready[1];
    pid_t pid = csb_clone(0, NULL);
    if (pid < 0) return pid;
    if (pid == 0) exec_stack(world, net, program, output, program->stays ? ready_write : -1);
    close(ready_write);
    ready_write = -1;
    char byte = 0;
    bool is_ready = program->stays && csb_read(ready_read, &byte, 1) == 1;
    int result = is_ready ? 0 : exit_of(pid);
    ssize_t length = pread(output, said, size - 1, 0);
    said[length > 0 ? length : 0] = 0;
    return program->stays && !is_ready && result == 0 ? -EIO : result;
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
static int start_pasta(const struct csb_world *world, const struct csb_own_net *net, struct csb_network_stack *stack,
                       char *said, size_t size) {
    char *arguments[32] = {"pasta", "--config-net", "-t", "none", "-u", "none", "-T", "none", "-U", "none",
                           "--no-map-gw", "--no-netns-quit", "--quiet", "--netns", "/proc/self/fd/21", "--userns",
                           "/proc/self/fd/20"};
    int count = 17;
    if (csb_executor_is_root(world->rung)) {
        arguments[count++] = "--runas";
        arguments[count++] = "65534:65534";
    }
    char resolver[sizeof stack->resolver];
    csb_format(resolver, sizeof resolver, "%s", stack->resolver);
    if (rewrite_resolver(resolver, sizeof resolver, PASTA_RESOLVER, false)) {
        arguments[count++] = "--dns-forward";
        arguments[count++] = PASTA_RESOLVER;
    }
    struct program program = {.arguments = arguments, .changes = true};
    int result = run(world, net, &program, said, size);
    if (result == 0) csb_format(stack->resolver, sizeof stack->resolver, "%s", resolver);
    return result;
}

// It knows IPv4 alone, so its own address stands for all resolvers; it asks the host's first one of IPv4.
static int start_slirp(const struct csb_world *world, const struct csb_own_net *net, struct csb_network_stack *stack,
                       char *said, size_t size) {
    static char *const arguments[] = {"slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback",
                                      "--enable-sandbox", "--enable-seccomp", "--ready-fd=22", "--netns-type=path",
                                      "/proc/self/fd/21", "tap0", NULL};
    struct program program = {.arguments = arguments, .stays = true};
    int result = run(world, net, &program, said, size);
    if (result == 0) rewrite_resolver(stack->resolver, sizeof stack->resolver, SLIRP_RESOLVER, true);
    return result;
}

int csb_run_stack(const struct csb_world *world, const struct csb_own_net *net, struct csb_network_stack *stack) {
    char of_pasta[2048], of_slirp[2048];
    int pasta = start_pasta(world, net, stack, of_pasta, sizeof of_pasta);
    if (pasta == 0) return 0;
    int slirp = start_slirp(world, net, stack, of_slirp, sizeof of_slirp);
    if (slirp == 0) return 0;
    if (pasta == -ENOENT && slirp == -ENOENT)
        csb_format(stack->note, sizeof stack->note,
                   "neither pasta (package passt) nor slirp4netns (package slirp4netns) is installed");
    else if (pasta == -ENOENT) csb_format(stack->note, sizeof stack->note, "slirp4netns: %s", last_words(of_slirp));
    else csb_format(stack->note, sizeof stack->note, "pasta: %s", last_words(of_pasta));
    return pasta == -ENOENT ? slirp : pasta;
}
