// Two filters from one table (syscalls.inc): what a step may not call, and what an executor may not.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "internal.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "no system call table for this processor"
#endif

#include "absent_syscalls.h"

// KEPT: steps that must stay on the processors that they are given. JAILED: steps with the pids and ids of other processes.
enum who { STEP = 1, EXECUTOR = 2, KEPT = 4, JAILED = 8, BOTH = STEP | EXECUTOR };
static const struct { int who, native, i386; } denied[] = {
#define CALL(who, name, i386) {who, SYS_##name, i386},
#include "syscalls.inc"
#undef CALL
};

// Calls whose arguments are looked at, with their numbers on i386.
enum call { CLONE, CLONE3, PERSONALITY, SOCKET, IOCTL, PRLIMIT, CALL_COUNT };
static const uint32_t native_calls[CALL_COUNT] = {SYS_clone,  SYS_clone3, SYS_personality,
                                                  SYS_socket, SYS_ioctl,  SYS_prlimit64};
static const uint32_t i386_calls[CALL_COUNT] = {120, 435, 136, 359, 54, 340};

enum {
    // removexattrat, Linux 6.13. Later calls are ENOSYS until somebody has looked at them; libraries then do without.
    LAST_KNOWN_CALL = 466,
    X32_BIT = 0x40000000,
    // CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET.
    NEW_NAMESPACE_FLAGS = 0x7E020000,
};
// As Docker: PER_LINUX, PER_LINUX32, UNAME26 with each of them, and the question for the current one.
static const uint32_t personalities[] = {0x0, 0x8, 0x20000, 0x20008, 0xffffffff};
static const uint32_t socket_families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};
static const uint32_t own_process[] = {0};
static const uint32_t terminal_requests[] = {TIOCSTI, 0x541C /* TIOCLINUX */};

enum { LONGEST_PROGRAM = 1024 };
_Static_assert(sizeof denied / sizeof *denied * 4 + 200 < LONGEST_PROGRAM, "the table does not fit into a filter");
struct program {
    struct sock_filter code[LONGEST_PROGRAM];
    unsigned short length;
};

static void emit(struct program *program, uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false) {
    program->code[program->length++] = (struct sock_filter){code, if_true, if_false, value};
}

static void load(struct program *program, size_t offset) { emit(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0); }
static void give(struct program *program, uint32_t action) { emit(program, BPF_RET | BPF_K, action, 0, 0); }
static void refuse(struct program *program, int error) { give(program, SECCOMP_RET_ERRNO | (uint32_t)error); }

// The next instruction is only for values that are equal.
static void when_equal(struct program *program, uint32_t value) { emit(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1); }

static size_t argument(int index) { return offsetof(struct seccomp_data, args) + 8 * (size_t)index; }

// `call` with an argument out of a list ends with `listed`, with any other with `other`.
static void match_argument(struct program *program, uint32_t call, int index, const uint32_t *values, size_t count,
                           uint32_t listed, uint32_t other) {
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, call, 0, (uint8_t)(2 * count + 2));
    load(program, argument(index));
    for (size_t position = 0; position < count; position++) {
        when_equal(program, values[position]);
        give(program, listed);
    }
    give(program, other);
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void look_at_arguments(struct program *program, const uint32_t *calls) {
    uint32_t allow = SECCOMP_RET_ALLOW, deny = SECCOMP_RET_ERRNO | EPERM;
    when_equal(program, calls[CLONE3]);
    refuse(program, ENOSYS);
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, calls[CLONE], 0, 4);
    load(program, argument(0));
    emit(program, BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACE_FLAGS, 0, 1);
    give(program, deny);
    give(program, allow);
    match_argument(program, calls[PERSONALITY], 0, personalities, COUNT(personalities), allow, deny);
    match_argument(program, calls[SOCKET], 0, socket_families, COUNT(socket_families), allow,
                   SECCOMP_RET_ERRNO | EAFNOSUPPORT);
    match_argument(program, calls[IOCTL], 1, terminal_requests, COUNT(terminal_requests), deny, allow);
}

static void refuse_table(struct program *program, int who, bool native) {
    for (size_t index = 0; index < COUNT(denied); index++) {
        int number = native ? denied[index].native : denied[index].i386;
        if (!(denied[index].who & who) || number < 0) continue;
        when_equal(program, (uint32_t)number);
        refuse(program, EPERM);
    }
}

static void filter_calls(struct program *program, int who, bool native) {
    load(program, offsetof(struct seccomp_data, nr));
    if (who & STEP) {
        emit(program, BPF_JMP | BPF_JGT | BPF_K, LAST_KNOWN_CALL, 0, 1);
        refuse(program, ENOSYS);
    }
    emit(program, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
    refuse(program, ENOSYS);
    refuse_table(program, who, native);
    const uint32_t *calls = native ? native_calls : i386_calls;
    if (who & STEP) look_at_arguments(program, calls);
    if (who & JAILED)
        match_argument(program, calls[PRLIMIT], 0, own_process, COUNT(own_process), SECCOMP_RET_ALLOW,
                       SECCOMP_RET_ERRNO | EPERM);
    give(program, SECCOMP_RET_ALLOW);
}

// Native calls, on x86-64 also those of i386 programs in a step, and no others.
static void build(struct program *program, int who) {
    load(program, offsetof(struct seccomp_data, arch));
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0);
    unsigned short jump = program->length;
    emit(program, BPF_JMP | BPF_JA, 0, 0, 0);
    filter_calls(program, who, true);
    program->code[jump].k = (uint32_t)(program->length - jump - 1);
#if defined(__x86_64__)
    if (who & STEP) {
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 1, 0);
        refuse(program, ENOSYS);
        filter_calls(program, who, false);
    }
#endif
    refuse(program, ENOSYS);
}

// SPEC_ALLOW: a step is not slowed down by mitigations meant for programs that filter themselves.
static int install(int who) {
    struct program program = {.length = 0};
    build(&program, who);
    struct sock_fprog filter = {.len = program.length, .filter = program.code};
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter);
    return result < 0 ? -errno : 0;
}

int csb_filter_step(const struct csb_world *world) {
    return install(STEP | (world->keeps_processors ? KEPT : 0) | (csb_has_namespaces(world->rung) ? 0 : JAILED));
}

int csb_filter_network(void) {
    static const uint32_t local = AF_UNIX;
    struct program program = {.length = 0};
    load(&program, offsetof(struct seccomp_data, arch));
    emit(&program, BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0);
    refuse(&program, ENOSYS);
    load(&program, offsetof(struct seccomp_data, nr));
    match_argument(&program, SYS_socket, 0, &local, 1, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
    give(&program, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {.len = program.length, .filter = program.code};
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter);
    return result < 0 ? -errno : 0;
}

int csb_filter_executor(void) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
    return install(EXECUTOR);
}
