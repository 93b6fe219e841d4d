// Tries what a step may not do and prints what it got instead of the error that it should have got.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int wrong;

static void expect(const char *name, long result, int error) {
    int got = result < 0 ? errno : 0;
    if (got == error) return;
    printf("%s: %s\n", name, strerror(got));
    wrong = 1;
}

#define REFUSED(name, ...) (errno = 0, expect(#name, syscall(SYS_##name, ##__VA_ARGS__), EPERM))

int main(void) {
    char text[64] = "";
    REFUSED(mount, "none", "/", "tmpfs", 0, 0);
    REFUSED(umount2, "/proc", 2);
    REFUSED(pivot_root, "/", "/");
    REFUSED(open_tree, -100, "/", 1);
    REFUSED(move_mount, 0, "", 0, "", 4);
    REFUSED(fsopen, "tmpfs", 0);
    REFUSED(fsmount, 0, 0, 0);
    REFUSED(mount_setattr, 0, "", 0, 0, 0);
    REFUSED(unshare, CLONE_NEWUSER);
    REFUSED(setns, 0, 0);
    REFUSED(keyctl, 0, 0, 0, 0, 0);
    REFUSED(add_key, "user", "a", "b", 1, -3);
    REFUSED(request_key, "user", "a", 0, -3);
    REFUSED(io_uring_setup, 1, 0);
    REFUSED(bpf, 0, 0, 0);
    REFUSED(perf_event_open, 0, 0, -1, -1, 0);
    REFUSED(userfaultfd, 0);
    REFUSED(open_by_handle_at, 0, 0, 0);
    REFUSED(init_module, 0, 0, "");
    REFUSED(kexec_load, 0, 0, 0, 0);
    REFUSED(reboot, 0, 0, 0, 0);
    REFUSED(swapon, "/x", 0);
    REFUSED(syslog, 3, text, 10);
    REFUSED(personality, ADDR_NO_RANDOMIZE);
    REFUSED(clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    expect("clone3", syscall(SYS_clone3, 0, 0), ENOSYS);
    expect("a call of the future", syscall(467, 0, 0), ENOSYS);
    expect("AF_VSOCK", socket(40, SOCK_STREAM, 0), EAFNOSUPPORT);
    expect("AF_ALG", socket(38, SOCK_SEQPACKET, 0), EAFNOSUPPORT);
    expect("packet socket", socket(AF_PACKET, SOCK_RAW, 0), EPERM);
    expect("raw socket", socket(AF_INET, SOCK_RAW, 1), EPERM);
    expect("ptrace of init", ptrace(PTRACE_ATTACH, 1, 0, 0), EPERM);
    expect("personality", personality(0xffffffff) == 0 ? 0 : -1, 0);
    pid_t child = fork();
    if (child == 0) pause();
    expect("ptrace of a child", ptrace(PTRACE_ATTACH, child, 0, 0), 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return wrong;
}
