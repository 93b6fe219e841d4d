// Users and groups of processes that have one id only. Who a process is, is a number of a table, kept where the kernel
// hands it on to children and over execve by itself: in RLIMIT_LOCKS, a limit that it has not looked at since Linux 2.4.
#include <sys/resource.h>

#include "recorder.h"

enum { MOST_IDENTITIES = 4096, FIRST_NUMBER = 0x62610000, KEEP = -1 };

static struct csb_identity identities[MOST_IDENTITIES];  // the first is root's
static size_t identity_count = 1;

static size_t number_of(pid_t pid) {
    struct rlimit limit;
    if (prlimit(pid, RLIMIT_LOCKS, NULL, &limit) < 0 || limit.rlim_cur < FIRST_NUMBER) return 0;
    size_t number = limit.rlim_cur - FIRST_NUMBER;
    return number < identity_count ? number : 0;
}

struct csb_identity csb_identity_of(pid_t pid) { return identities[number_of(pid)]; }

static int set_number(pid_t pid, size_t number) {
    struct rlimit limit;
    if (prlimit(pid, RLIMIT_LOCKS, NULL, &limit) < 0) return -errno;
    limit.rlim_cur = FIRST_NUMBER + number;
    return prlimit(pid, RLIMIT_LOCKS, &limit, NULL) < 0 ? -errno : 0;
}

int csb_give_identity(pid_t pid, const struct csb_identity *identity) {
    for (size_t number = 0; number < identity_count; number++)
        if (memcmp(&identities[number], identity, sizeof *identity) == 0) return set_number(pid, number);
    if (identity_count == MOST_IDENTITIES) return -EAGAIN;
    identities[identity_count] = *identity;
    return set_number(pid, identity_count++);
}

// MARK: - Changes, by the rules of setresuid(2) and its kin

// The ids of one kind, user or group.
struct ids {
    uint32_t real, effective, saved, file;
};

static bool is_one_of(const struct ids *ids, uint32_t id) {
    return id == ids->real || id == ids->effective || id == ids->saved;
}

static bool set_all(struct ids *ids, bool is_root, uint32_t real, uint32_t effective, uint32_t saved) {
    const uint32_t wanted[] = {real, effective, saved};
    for (int index = 0; index < 3; index++)
        if (wanted[index] != (uint32_t)KEEP && !is_root && !is_one_of(ids, wanted[index])) return false;
    if (real != (uint32_t)KEEP) ids->real = real;
    if (effective != (uint32_t)KEEP) ids->effective = effective;
    if (saved != (uint32_t)KEEP) ids->saved = saved;
    ids->file = ids->effective;
    return true;
}

static bool set_one(struct ids *ids, bool is_root, uint32_t id) {
    if (is_root) return set_all(ids, true, id, id, id);
    if (id != ids->real && id != ids->saved) return false;
    ids->effective = ids->file = id;
    return true;
}

static bool set_two(struct ids *ids, bool is_root, uint32_t real, uint32_t effective) {
    uint32_t before = ids->real;
    if (!is_root && real != (uint32_t)KEEP && real != ids->real && real != ids->effective) return false;
    if (!set_all(ids, is_root, real, effective, KEEP)) return false;
    if (real != (uint32_t)KEEP || (effective != (uint32_t)KEEP && effective != before)) ids->saved = ids->effective;
    return true;
}

static struct ids users(const struct csb_identity *who) {
    return (struct ids){who->real_uid, who->effective_uid, who->saved_uid, who->file_uid};
}
static struct ids groups(const struct csb_identity *who) {
    return (struct ids){who->real_gid, who->effective_gid, who->saved_gid, who->file_gid};
}
static void put_users(struct csb_identity *who, struct ids ids) {
    who->real_uid = ids.real, who->effective_uid = ids.effective, who->saved_uid = ids.saved, who->file_uid = ids.file;
}
static void put_groups(struct csb_identity *who, struct ids ids) {
    who->real_gid = ids.real, who->effective_gid = ids.effective, who->saved_gid = ids.saved, who->file_gid = ids.file;
}

static struct csb_verdict change(struct csb_notice *notice, bool is_of_groups) {
    const uint64_t *values = notice->arguments;
    struct csb_identity who = notice->who;
    bool is_root = who.effective_uid == 0, is_allowed = false;
    struct ids ids = is_of_groups ? groups(&who) : users(&who);
    switch (notice->call) {
    case SYS_setuid:
    case SYS_setgid: is_allowed = set_one(&ids, is_root, (uint32_t)values[0]); break;
    case SYS_setreuid:
    case SYS_setregid: is_allowed = set_two(&ids, is_root, (uint32_t)values[0], (uint32_t)values[1]); break;
    default: is_allowed = set_all(&ids, is_root, (uint32_t)values[0], (uint32_t)values[1], (uint32_t)values[2]);
    }
    if (!is_allowed) return csb_answer(-EPERM);
    if (is_of_groups) put_groups(&who, ids);
    else put_users(&who, ids);
    return csb_answer(csb_give_identity(notice->pid, &who));
}

static struct csb_verdict change_file_id(struct csb_notice *notice, bool is_of_groups) {
    struct csb_identity who = notice->who;
    struct ids ids = is_of_groups ? groups(&who) : users(&who);
    uint32_t before = ids.file, wanted = (uint32_t)notice->arguments[0];
    if (wanted == (uint32_t)KEEP || (who.effective_uid != 0 && !is_one_of(&ids, wanted))) return csb_answer(before);
    ids.file = wanted;
    if (is_of_groups) put_groups(&who, ids);
    else put_users(&who, ids);
    csb_give_identity(notice->pid, &who);
    return csb_answer(before);
}

static struct csb_verdict change_groups(struct csb_notice *notice) {
    struct csb_identity who = notice->who;
    uint64_t count = notice->arguments[0];
    if (who.effective_uid != 0) return csb_answer(-EPERM);
    if (count > sizeof who.groups / sizeof *who.groups) return csb_answer(-EINVAL);
    memset(who.groups, 0, sizeof who.groups);
    who.group_count = (uint32_t)count;
    int result = count ? csb_read_memory(notice, notice->arguments[1], who.groups, count * sizeof *who.groups) : 0;
    return csb_answer(result < 0 ? result : csb_give_identity(notice->pid, &who));
}

// MARK: - Questions

static struct csb_verdict tell_three(const struct csb_notice *notice, struct ids ids) {
    const uint32_t values[] = {ids.real, ids.effective, ids.saved};
    for (int index = 0; index < 3; index++) {
        int result = csb_write_memory(notice, notice->arguments[index], &values[index], sizeof *values);
        if (result < 0) return csb_answer(result);
    }
    return csb_answer(0);
}

static struct csb_verdict tell_groups(const struct csb_notice *notice) {
    uint32_t count = notice->who.group_count;
    int32_t room = (int32_t)notice->arguments[0];
    if (room == 0) return csb_answer(count);
    if (room < 0 || (uint32_t)room < count) return csb_answer(-EINVAL);
    int result = count ? csb_write_memory(notice, notice->arguments[1], notice->who.groups, count * sizeof(uint32_t)) : 0;
    return csb_answer(result < 0 ? result : (int64_t)count);
}

struct csb_verdict csb_handle_ids(struct csb_notice *notice) {
    const struct csb_identity *who = &notice->who;
    switch (notice->call) {
    case SYS_getuid: return csb_answer(who->real_uid);
    case SYS_geteuid: return csb_answer(who->effective_uid);
    case SYS_getgid: return csb_answer(who->real_gid);
    case SYS_getegid: return csb_answer(who->effective_gid);
    case SYS_getresuid: return tell_three(notice, users(who));
    case SYS_getresgid: return tell_three(notice, groups(who));
    case SYS_getgroups: return tell_groups(notice);
    case SYS_setgroups: return change_groups(notice);
    case SYS_setfsuid: return change_file_id(notice, false);
    case SYS_setfsgid: return change_file_id(notice, true);
    case SYS_setuid:
    case SYS_setreuid:
    case SYS_setresuid: return change(notice, false);
    default: return change(notice, true);
    }
}

// MARK: - Set-user-id programs

static int open_program(const struct csb_notice *notice) {
    bool is_at = notice->call == SYS_execveat;
    char path[PATH_MAX];
    int length = csb_read_path(notice, notice->arguments[is_at ? 1 : 0], path);
    if (length < 0) return length;
    bool follows = !is_at || !(notice->arguments[4] & AT_SYMLINK_NOFOLLOW);
    return csb_open_target(notice, is_at ? (int)notice->arguments[0] : AT_FDCWD, path, follows);
}

// Scripts never run as their owner.
static bool is_script(const struct csb_notice *notice, int program) {
    char path[32], start[2] = "";
    csb_format(path, sizeof path, "self/fd/%d", program);
    CSB_CLOSE int file = openat(notice->recorder->proc, path, O_RDONLY | O_CLOEXEC);
    return file < 0 || csb_read(file, start, 2) != 2 || memcmp(start, "#!", 2) == 0;
}

// The kernel starts the program; before that it is somebody else's where the file says so.
struct csb_verdict csb_handle_exec(struct csb_notice *notice) {
    struct statx status;
    struct csb_identity who = notice->who;
    CSB_CLOSE int program = open_program(notice);
    if (program < 0 || statx(program, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) < 0) return csb_let_kernel();
    if (!S_ISREG(status.stx_mode) || !(status.stx_mode & 0111)) return csb_let_kernel();
    bool is_set = status.stx_mode & (S_ISUID | S_ISGID) && !is_script(notice, program);
    clinux_recorded_owner(program, "", AT_EMPTY_PATH, &status);
    if (is_set && status.stx_mode & S_ISUID) who.effective_uid = status.stx_uid;
    if (is_set && status.stx_mode & S_ISGID && status.stx_mode & S_IXGRP) who.effective_gid = status.stx_gid;
    who.saved_uid = who.file_uid = who.effective_uid;
    who.saved_gid = who.file_gid = who.effective_gid;
    if (memcmp(&who, &notice->who, sizeof who) != 0) csb_give_identity(notice->pid, &who);
    return csb_let_kernel();
}
