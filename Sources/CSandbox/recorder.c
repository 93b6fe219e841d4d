// The filter that asks, and the loop that answers. Installed for the program of a step only, not for process 1.
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "absent_syscalls.h"
#include "recorder.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
enum { SYNC_WAKE_UP = 1 };

enum handler { OWNERS, IDS, EXEC, ROOT, MAKING, POWERS, MODES, ATTRIBUTES, TIMES };
static const struct entry { enum handler handler; int native, i386; int argument; uint32_t bits; } entries[] = {
#define CALL(handler, name, i386) {handler, SYS_##name, i386, -1, 0},
#define CALL_WITH(handler, name, i386, argument, bits) {handler, SYS_##name, i386, argument, bits},
#include "recorder_calls.inc"
#undef CALL
#undef CALL_WITH
};
enum { ENTRY_COUNT = sizeof entries / sizeof *entries };

struct program {
    struct sock_filter code[512];
    unsigned short length;
};

static void emit(struct program *program, uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false) {
    program->code[program->length++] = (struct sock_filter){code, if_true, if_false, value};
}

static void ask_for(struct program *program, const struct entry *entry, int number) {
    if (number < 0) return;
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, entry->argument < 0 ? 1 : 4);
    if (entry->argument >= 0) {
        size_t offset = offsetof(struct seccomp_data, args) + 8 * (size_t)entry->argument;
        emit(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
        emit(program, BPF_JMP | BPF_JSET | BPF_K, entry->bits, 1, 0);
        emit(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    }
    emit(program, BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF, 0, 0);
}

static void ask_for_all(struct program *program, bool native) {
    emit(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
    for (int index = 0; index < ENTRY_COUNT; index++) {
        if (entries[index].handler >= POWERS && !clinux_owner()) continue;
        ask_for(program, &entries[index], native ? entries[index].native : entries[index].i386);
    }
    emit(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

// In the step's program, before it gives up its capabilities. Returns the listener.
int csb_install_recorder(void) {
    static struct program program;
    program.length = 0;
    emit(&program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
    emit(&program, BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0);
    unsigned short jump = program.length;
    emit(&program, BPF_JMP | BPF_JA, 0, 0, 0);
    ask_for_all(&program, true);
    program.code[jump].k = (uint32_t)(program.length - jump - 1);
    ask_for_all(&program, false);
    struct sock_fprog filter = {.len = program.length, .filter = program.code};
    unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV |
                          SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
    return listener < 0 ? -errno : listener;
}

static int identify(const struct csb_step_request *request, struct csb_identity *who) {
    uint32_t uid = request->uid, gid = request->gid;
    *who = (struct csb_identity){uid, uid, uid, uid, gid, gid, gid, gid, (uint32_t)request->group_count, {0}};
    if (request->group_count > sizeof who->groups / sizeof *who->groups) return -EINVAL;
    for (size_t index = 0; index < request->group_count; index++) who->groups[index] = request->groups[index];
    return 0;
}

// Who the program is, is said here: until its execve this process is closed to process 1 (it is not dumpable, and of
// another user namespace's memory).
int csb_ask_recorder(int socket, const struct csb_step_request *request) {
    struct csb_identity who;
    char answer;
    int result = identify(request, &who);
    CSB_CLOSE int listener = result < 0 ? result : csb_install_recorder();
    if (listener < 0) return listener;
    ssize_t sent = csb_send(socket, &who, sizeof who, &listener, 1);
    if (sent < 0) return (int)sent;
    return csb_read(socket, &answer, 1) == 1 ? 0 : -EPIPE;
}

// MARK: - In process 1

// To change what belongs to the image's root, to look into any process of the step, to end it.
static void keep_capabilities(void) {
    const int kept[] = {CAP_KILL, CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SYS_PTRACE};
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    for (size_t index = 0; index < sizeof kept / sizeof *kept; index++) data[0].permitted |= 1u << kept[index];
    data[0].effective = data[0].permitted;
    syscall(SYS_capset, &header, data);
}

static int prepare(struct csb_recorder *recorder) {
    struct statx status;
    recorder->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (recorder->proc < 0 || statx(recorder->proc, "", AT_EMPTY_PATH, STATX_INO, &status) < 0) return -errno;
    recorder->proc_device = (uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor;
    if (statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &status) < 0) return -errno;
    recorder->root_mount = status.stx_mnt_id;
    recorder->root_inode = status.stx_ino;
    uint64_t flags = SYNC_WAKE_UP;
    ioctl(recorder->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags);
    return 0;
}

static const struct entry *find(const struct seccomp_data *data) {
    for (int index = 0; index < ENTRY_COUNT; index++)
        if (data->nr == (data->arch == NATIVE_ARCH ? entries[index].native : entries[index].i386)) return &entries[index];
    return NULL;
}

static struct csb_verdict decide(const struct csb_recorder *recorder, const struct seccomp_notif *question) {
    const struct entry *entry = find(&question->data);
    if (!entry) return csb_let_kernel();
    struct csb_notice notice = {.recorder = recorder,
                                .id = question->id,
                                .pid = (pid_t)question->pid,
                                .call = entry->native,
                                .is_native = question->data.arch == NATIVE_ARCH,
                                .arguments = (const uint64_t *)question->data.args,
                                .who = csb_identity_of((pid_t)question->pid)};
    switch (entry->handler) {
    case TIMES:
    case OWNERS: return csb_handle_owners(&notice);
    case IDS: return csb_handle_ids(&notice);
    case EXEC: return csb_handle_exec(&notice);
    case ROOT: return csb_handle_root();
    // Programs raise what they need, and root may: what it is for is done here.
    case POWERS: return notice.who.effective_uid == 0 ? csb_answer(0) : csb_let_kernel();
    case MODES: return csb_handle_modes(&notice);
    case ATTRIBUTES: return csb_handle_attributes(&notice);
    default: return csb_handle_making(&notice);
    }
}

void csb_record_one(const struct csb_recorder *recorder) {
    struct seccomp_notif question = {0};
    if (ioctl(recorder->listener, SECCOMP_IOCTL_NOTIF_RECV, &question) < 0) return;
    struct csb_verdict verdict = decide(recorder, &question);
    if (verdict.is_sent) return;
    struct seccomp_notif_resp answer = {.id = question.id};
    if (verdict.lets_kernel) answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else if (verdict.result < 0) answer.error = (int32_t)verdict.result;
    else answer.val = verdict.result;
    ioctl(recorder->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

// The end of the socket instead: the program could not be started, which it reports itself.
static int receive_listener(int socket, pid_t program) {
    struct csb_identity who;
    int listener = -1, count = 1;
    ssize_t length = csb_receive(socket, &who, sizeof who, &listener, &count, 0);
    if (length != sizeof who || count != 1 || csb_give_identity(program, &who) < 0) return -1;
    return listener;
}

static void take_signal(int signals, pid_t program, int report_fd) {
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo == SIGTERM) kill(-1, SIGTERM);
    csb_reap(program, report_fd);
}

void csb_begin_recording(struct csb_recorder *recorder, int socket, pid_t program) {
    recorder->listener = receive_listener(socket, program);
    if (recorder->listener >= 0 && prepare(recorder) == 0) csb_send(socket, "", 1, NULL, 0);
    close(socket);
}

int csb_run_recording_init(pid_t program, int report_fd, int socket) {
    struct csb_recorder recorder = {.folders = -1};
    keep_capabilities();
    csb_begin_recording(&recorder, socket, program);
    sigset_t signals;
    sigfillset(&signals);
    struct pollfd polled[] = {{.fd = signalfd(-1, &signals, SFD_CLOEXEC), .events = POLLIN},
                              {.fd = recorder.listener, .events = POLLIN}};
    csb_reap(program, report_fd);
    for (;;) {
        if (poll(polled, 2, -1) < 0) continue;
        if (polled[1].revents & POLLIN) csb_record_one(&recorder);
        else if (polled[1].revents) polled[1].fd = -1;
        if (polled[0].revents) take_signal(polled[0].fd, program, report_fd);
    }
}
