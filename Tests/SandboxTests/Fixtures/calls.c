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

static const struct { const char *name; long number; } denied[] = {
#define DENIED(name) {#name, SYS_##name},
#include "denied.inc"
};

int main(void) {
    // Nothing can come of -1 where the filter is missing: no pointer, descriptor or flag is valid.
    for (unsigned index = 0; index < sizeof denied / sizeof *denied; index++) {
        errno = 0;
        expect(denied[index].name, syscall(denied[index].number, -1, -1, -1, -1, -1, -1), EPERM);
    }
    REFUSED(personality, ADDR_NO_RANDOMIZE);
    errno = 0;
    long cloned = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (cloned == 0) _exit(0);
    expect("clone", cloned, EPERM);
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
