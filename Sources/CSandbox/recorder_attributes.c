// What root of a step on `inplace` lacks capabilities for: the supervisor sets those of files, and files' modes so that root can
// do with them what root can. On files of the step alone.
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/xattr.h>

#include "absent_syscalls.h"
#include "recorder.h"

static bool is_at(int call) { return call == SYS_fchmodat || call == SYS_fchmodat2; }

static int open_for_mode(const struct csb_notice *notice) {
    const uint64_t *values = notice->arguments;
    if (notice->call == SYS_fchmod) return csb_open_target(notice, (int)values[0], "", true);
    char path[PATH_MAX];
    int length = csb_read_path(notice, values[is_at(notice->call) ? 1 : 0], path);
    int flags = notice->call == SYS_fchmodat2 ? (int)values[3] : 0;
    if (length < 0 || (length == 0 && !(flags & AT_EMPTY_PATH))) return length < 0 ? length : -ENOENT;
    return csb_open_target(notice, is_at(notice->call) ? (int)values[0] : AT_FDCWD, path, !(flags & AT_SYMLINK_NOFOLLOW));
}

struct csb_verdict csb_handle_modes(struct csb_notice *notice) {
    struct statx status;
    CSB_CLOSE int file = open_for_mode(notice);
    if (file < 0 || statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) < 0) return csb_let_kernel();
    CSB_CLOSE int record = csb_open_record(notice->recorder, file, &status);
    if (record < 0 && status.stx_uid != clinux_owner()) return csb_let_kernel();
    csb_recorded_status(notice->recorder, file, &status);
    if (notice->who.effective_uid != 0 && status.stx_uid != notice->who.file_uid) return csb_answer(-EPERM);
    uint32_t mode = (uint32_t)notice->arguments[is_at(notice->call) ? 2 : 1] & 07777;
    int result = clinux_set_mode(record < 0 ? file : record, "", mode, AT_EMPTY_PATH);
    if (result < 0) return csb_answer(errno != EOPNOTSUPP ? -errno : 0);
    return csb_answer(record < 0 ? 0 : csb_keep_date(record, file, &status));
}

static const char attribute[] = "security.capability";

static bool is_set(int call) { return call == SYS_setxattr || call == SYS_lsetxattr || call == SYS_fsetxattr; }

static int open_file(const struct csb_notice *notice) {
    if (notice->call == SYS_fsetxattr || notice->call == SYS_fremovexattr)
        return csb_open_target(notice, (int)notice->arguments[0], "", true);
    char path[PATH_MAX];
    int length = csb_read_path(notice, notice->arguments[0], path);
    if (length <= 0) return length < 0 ? length : -ENOENT;
    return csb_open_target(notice, AT_FDCWD, path, notice->call == SYS_setxattr || notice->call == SYS_removexattr);
}

static void use_capability(bool is_on) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) return;
    data[0].effective = is_on ? 1u << CAP_SETFCAP : 0;
    syscall(SYS_capset, &header, data);
}

static int change(const struct csb_notice *notice, int file) {
    char path[64], value[64];
    uint64_t size = is_set(notice->call) ? notice->arguments[3] : 0;
    if (size > sizeof value) return -EINVAL;
    int result = size ? csb_read_memory(notice, notice->arguments[2], value, size) : 0;
    if (result < 0) return result;
    csb_format(path, sizeof path, "/proc/self/fd/%d", file);
    use_capability(true);
    result = is_set(notice->call) ? setxattr(path, attribute, value, size, (int)notice->arguments[4])
                                  : removexattr(path, attribute);
    result = result < 0 ? -errno : 0;
    use_capability(false);
    return result;
}

struct csb_verdict csb_handle_attributes(struct csb_notice *notice) {
    char name[PATH_MAX];
    struct statx status;
    int length = csb_read_path(notice, notice->arguments[1], name);
    if (length < 0 || strcmp(name, attribute) != 0) return csb_let_kernel();
    CSB_CLOSE int file = open_file(notice);
    if (file < 0 || statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) < 0) return csb_let_kernel();
    if (!S_ISREG(status.stx_mode) || status.stx_uid != clinux_owner()) return csb_let_kernel();
    return csb_answer(notice->who.effective_uid == 0 ? change(notice, file) : -EPERM);
}
