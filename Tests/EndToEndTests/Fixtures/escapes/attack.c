// Attacks that no shell can make. Exits with 0 when one succeeds, with 7 when it is refused, with 99 when it is not known.
// Calls are made by number: the C library would hide some, and Debian 12 does not know all.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static int judge(const char *what, long result) {
    if (result >= 0) return 0;
    perror(what);
    return 7;
}

static int print_file(int directory, const char *path) {
    char text[4096];
    int file = openat(directory, path, O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text);
    if (length > 0) (void)!write(1, text, (size_t)length);
    return judge(path, length);
}

static int chroot_out(const char *path) {
    mkdir("/tmp/jail", 0755);
    if (chroot("/tmp/jail") < 0) return judge("chroot", -1);
    for (int level = 0; level < 64; level++) (void)!chdir("..");
    if (chroot(".") < 0) return judge("chroot", -1);
    return print_file(AT_FDCWD, path);
}

struct handle {
    struct file_handle head;
    unsigned char bytes[MAX_HANDLE_SZ];
};

static int handle_of(const char *path) {
    struct handle handle = {.head.handle_bytes = MAX_HANDLE_SZ};
    int mount;
    if (name_to_handle_at(AT_FDCWD, path, &handle.head, &mount, 0) < 0) return judge("name_to_handle_at", -1);
    printf("%d ", handle.head.handle_type);
    for (unsigned index = 0; index < handle.head.handle_bytes; index++) printf("%02x", handle.head.f_handle[index]);
    puts("");
    return 0;
}

static int open_handle(const char *type, const char *hex) {
    struct handle handle = {.head = {.handle_bytes = (unsigned)strlen(hex) / 2, .handle_type = atoi(type)}};
    for (unsigned index = 0; index < handle.head.handle_bytes; index++) {
        unsigned byte = 0;
        sscanf(hex + 2 * index, "%2x", &byte);
        handle.head.f_handle[index] = (unsigned char)byte;
    }
    int root = open("/", O_RDONLY | O_DIRECTORY);
    int file = open_by_handle_at(root, &handle.head, O_RDONLY);
    if (file < 0) return judge("open_by_handle_at", -1);
    char text[256];
    ssize_t length = read(file, text, sizeof text);
    if (length > 0) (void)!write(1, text, (size_t)length);
    return judge("read", length);
}

static int new_namespace(int flag) {
    long pid = syscall(SYS_clone, flag | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) _exit(0);
    if (pid > 0) waitpid((pid_t)pid, NULL, 0);
    return judge("clone", pid);
}

static int new_namespace_by_clone3(void) {
    uint64_t arguments[11] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    long pid = syscall(SYS_clone3, arguments, 64);
    if (pid == 0) _exit(0);
    if (pid > 0) waitpid((pid_t)pid, NULL, 0);
    return judge("clone3", pid);
}

static int trace(pid_t pid) {
    long result = ptrace(PTRACE_SEIZE, pid, 0, 0);
    if (result >= 0) ptrace(PTRACE_DETACH, pid, 0, 0);
    return judge("ptrace", result);
}

static int read_memory(pid_t pid) {
    char path[64], map[256];
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "r");
    if (!maps || !fgets(map, sizeof map, maps)) return judge("maps", -1);
    char text[16];
    struct iovec here = {text, sizeof text}, there = {(void *)strtoul(map, NULL, 16), sizeof text};
    return judge("process_vm_readv", process_vm_readv(pid, &here, 1, &there, 1, 0));
}

static int take_descriptor(pid_t pid) {
    long pidfd = syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) return judge("pidfd_open", -1);
    return judge("pidfd_getfd", syscall(SYS_pidfd_getfd, pidfd, 0, 0));
}

static int signal_by_pidfd(pid_t pid) {
    long pidfd = syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) return judge("pidfd_open", -1);
    return judge("pidfd_send_signal", syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, 0, 0));
}

static int shared_memory(key_t key) {
    int segment = shmget(key, 0, 0);
    char *text = segment < 0 ? (void *)-1 : shmat(segment, NULL, SHM_RDONLY);
    if (text == (void *)-1) return judge("shmget", -1);
    puts(text);
    return 0;
}

static int make_shared_memory(key_t key, const char *text) {
    int segment = shmget(key, 4096, IPC_CREAT | 0666);
    char *memory = segment < 0 ? (void *)-1 : shmat(segment, NULL, 0);
    if (memory == (void *)-1) return judge("shmget", -1);
    strcpy(memory, text);
    return 0;
}

static int remove_shared_memory(key_t key) { return judge("shmctl", shmctl(shmget(key, 0, 0), IPC_RMID, NULL)); }

static int unix_socket(const char *name, int is_abstract) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    memcpy(address.sun_path + is_abstract, name, length);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)is_abstract + length);
    return judge(name, connect(fd, (struct sockaddr *)&address, size));
}

// Listens until it is killed; a line on stdout says that it does.
static int listen_to(const char *name, int is_abstract) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    memcpy(address.sun_path + is_abstract, name, length);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)is_abstract + length);
    if (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 64) < 0) return judge(name, -1);
    if (!is_abstract) chmod(name, 0666);
    puts("listening");
    fflush(stdout);
    for (;;) pause();
}

// On a port of the kernel's choice, which is printed.
static int listen_to_loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 64) < 0) return judge("listen", -1);
    getsockname(fd, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) pause();
}

static int connect_to_loopback(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return judge("connect", connect(fd, (struct sockaddr *)&address, sizeof address));
}

// To the flags that it has.
static int change_interface(void) {
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (ioctl(fd, SIOCGIFFLAGS, &request) < 0) return judge("SIOCGIFFLAGS", -1);
    return judge("SIOCSIFFLAGS", ioctl(fd, SIOCSIFFLAGS, &request));
}

enum { USER_KEYRING = -4 };
static int add_key(const char *name) {
    return judge("add_key", syscall(SYS_add_key, "user", name, "secret", 6, USER_KEYRING));
}
static int find_key(const char *name) {
    return judge("keyctl", syscall(SYS_keyctl, 10 /* KEYCTL_SEARCH */, USER_KEYRING, "user", name, 0));
}

static int remove_key(const char *name) {
    long key = syscall(SYS_keyctl, 10, USER_KEYRING, "user", name, 0);
    return judge("keyctl", syscall(SYS_keyctl, 9 /* KEYCTL_UNLINK */, key, USER_KEYRING));
}

static int make_map(void) {
    union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    return judge("bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
}

static int count_events(void) {
    struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attributes,
                                         .config = PERF_COUNT_SW_CPU_CLOCK};
    return judge("perf_event_open", syscall(SYS_perf_event_open, &attributes, -1, 0, -1, 0));
}

static int make_ring(void) {
    struct io_uring_params parameters = {0};
    return judge("io_uring_setup", syscall(SYS_io_uring_setup, 1, &parameters));
}

static int set_time(void) {
    struct timezone zone = {0};
    struct timeval now;
    gettimeofday(&now, &zone);
    // The zone that is set already.
    return judge("settimeofday", syscall(SYS_settimeofday, NULL, &zone));
}

static int raise_capability(int capability) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    syscall(SYS_capget, &header, data);
    data[capability / 32].effective |= 1u << capability % 32;
    data[capability / 32].permitted |= 1u << capability % 32;
    return judge("capset", syscall(SYS_capset, &header, data));
}

static int run_in_real_time(void) {
    struct sched_param parameters = {.sched_priority = 1};
    return judge("sched_setscheduler", sched_setscheduler(0, SCHED_FIFO, &parameters));
}

static int set_trusted_attribute(void) {
    int file = open("/tmp/attribute", O_CREAT | O_RDWR, 0644);
    return judge("setxattr", fsetxattr(file, "trusted.overlay.opaque", "y", 1, 0));
}

static int raise_limit(pid_t pid) {
    struct rlimit limits;
    if (prlimit(pid, RLIMIT_CORE, NULL, &limits) < 0) return judge("prlimit", -1);
    return judge("prlimit", prlimit(pid, RLIMIT_CORE, &limits, NULL));
}

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "";
    const char *first = count > 2 ? arguments[2] : "", *second = count > 3 ? arguments[3] : "";
#define ATTACK(text) if (strcmp(name, text) == 0)
    ATTACK("chroot-out") return chroot_out(first);
    ATTACK("handle-of") return handle_of(first);
    ATTACK("open-handle") return open_handle(first, second);
    ATTACK("mount") return judge("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
    ATTACK("fsopen") return judge("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
    ATTACK("open-tree") return judge("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
    ATTACK("unshare") return judge("unshare", unshare(atoi(first)));
    ATTACK("clone") return new_namespace(CLONE_NEWUSER);
    ATTACK("clone3") return new_namespace_by_clone3();
    ATTACK("trace") return trace(atoi(first));
    ATTACK("memory") return read_memory(atoi(first));
    ATTACK("descriptor") return take_descriptor(atoi(first));
    ATTACK("signal") return signal_by_pidfd(atoi(first));
    ATTACK("limit") return raise_limit(atoi(first));
    ATTACK("shm") return shared_memory(atoi(first));
    ATTACK("make-shm") return make_shared_memory(atoi(first), second);
    ATTACK("remove-shm") return remove_shared_memory(atoi(first));
    ATTACK("queue") return judge("mq_open", mq_open(first, O_RDONLY));
    ATTACK("make-queue") return judge("mq_open", mq_open(first, O_CREAT | O_RDWR, 0666, NULL));
    ATTACK("remove-queue") return judge("mq_unlink", mq_unlink(first));
    ATTACK("abstract") return unix_socket(first, 1);
    ATTACK("unix") return unix_socket(first, 0);
    ATTACK("listen-abstract") return listen_to(first, 1);
    ATTACK("listen-unix") return listen_to(first, 0);
    ATTACK("interface") return change_interface();
    ATTACK("listen-tcp") return listen_to_loopback();
    ATTACK("tcp") return connect_to_loopback(atoi(first));
    ATTACK("add-key") return add_key(first);
    ATTACK("key") return find_key(first);
    ATTACK("remove-key") return remove_key(first);
    ATTACK("packet") return judge("socket", socket(AF_PACKET, SOCK_RAW, 0x0300));
    ATTACK("raw") return judge("socket", socket(AF_INET, SOCK_RAW, 1));
    ATTACK("bpf") return make_map();
    ATTACK("perf") return count_events();
    ATTACK("ring") return make_ring();
    ATTACK("faults") return judge("userfaultfd", syscall(SYS_userfaultfd, O_CLOEXEC));
    ATTACK("time") return set_time();
    ATTACK("capability") return raise_capability(atoi(first));
    ATTACK("real-time") return run_in_real_time();
    ATTACK("nice") return judge("setpriority", setpriority(PRIO_PROCESS, 0, -20));
    ATTACK("renice") return judge("setpriority", setpriority(PRIO_PROCESS, (id_t)atoi(first), 19));
    ATTACK("trusted") return set_trusted_attribute();
    ATTACK("host-name") return judge("sethostname", syscall(SYS_sethostname, first, strlen(first)));
    ATTACK("kernel-log") return judge("syslog", syscall(SYS_syslog, 10, 0, 0));
    ATTACK("wait") {
        signal(SIGUSR1, SIG_IGN);
        for (;;) pause();
    }
    fprintf(stderr, "no attack %s\n", name);
    return 99;
}
