#define _GNU_SOURCE
#include "owners.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { NO_ID = -1, MOST_NANOSECONDS = 1000000000 };
static const int64_t first_second = 1ll << 33;

// A map of one line for one id.
static bool has_one_id(const char *file) {
    char text[128] = "";
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    unsigned inside, outside, count;
    const char *end = memchr(text, '\n', length > 0 ? (size_t)length : 0);
    if (!end || end[1]) return false;
    return sscanf(text, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 && count == 1;
}

// See clinux_use_owner.
static uint32_t own_id;

void clinux_use_owner(uint32_t id) { own_id = id; }
uint32_t clinux_owner(void) { return own_id; }

bool clinux_records_owners(void) {
    static int known;
    if (own_id) return true;
    if (known == 0) known = has_one_id("/proc/self/uid_map") && has_one_id("/proc/self/gid_map") ? 1 : -1;
    return known == 1;
}

bool clinux_records_devices(void) {
    static int known;
    unsigned inside = 0, outside = 0, count = 0;
    if (own_id) return true;
    if (known != 0) return known == 1;
    FILE *file = fopen("/proc/self/uid_map", "re");
    bool is_whole = !file || (fscanf(file, "%u %u %u", &inside, &outside, &count) == 3 && count == UINT32_MAX);
    if (file) fclose(file);
    known = is_whole ? -1 : 1;
    return known == 1;
}

static bool takes_attributes(const struct statx *status) {
    return S_ISREG(status->stx_mode) || S_ISDIR(status->stx_mode);
}

// A path for the calls that take attributes, which have no descriptor and name together.
static void make_path(char *buffer, size_t size, int directory, const char *path) {
    if (directory == AT_FDCWD) snprintf(buffer, size, "%s", path);
    else snprintf(buffer, size, "/proc/self/fd/%d%s%s", directory, *path ? "/" : "", path);
}

static ssize_t get(int directory, const char *path, int flags, const char *name, char *text, size_t size) {
    char place[4200];
    if (!*path) {
        ssize_t length = fgetxattr(directory, name, text, size);
        if (length >= 0 || errno != EBADF) return length;
    }
    make_path(place, sizeof place, directory, path);
    bool follows = !*path || !(flags & AT_SYMLINK_NOFOLLOW);
    return follows ? getxattr(place, name, text, size) : lgetxattr(place, name, text, size);
}

// The mode's lowest nine bits are there where the disk cannot have them, see clinux_set_mode.
static bool parse(char *text, ssize_t length, struct statx *status) {
    if (length <= 0) return false;
    text[length] = 0;
    char *end;
    unsigned long uid = strtoul(text, &end, 10);
    if (*end != ':') return false;
    status->stx_uid = (uint32_t)uid;
    status->stx_gid = (uint32_t)strtoul(end + 1, &end, 10);
    if (*end == ':') status->stx_mode = (uint16_t)((status->stx_mode & ~0777) | (strtoul(end + 1, NULL, 8) & 0777));
    return true;
}

bool clinux_recorded_owner(int directory, const char *path, int flags, struct statx *status) {
    // Of the step, and root's where nothing else is recorded.
    bool is_own = own_id && status->stx_uid == own_id;
    if (own_id && !is_own) return false;
    if (is_own) status->stx_uid = 0;
    if (is_own && status->stx_gid == own_id) status->stx_gid = 0;
    if (!takes_attributes(status)) {
        int64_t uid = status->stx_atime.tv_sec - first_second;
        if (uid < 0 || uid > UINT32_MAX) return is_own;
        status->stx_uid = (uint32_t)uid;
        status->stx_gid = status->stx_atime.tv_nsec;
        return true;
    }
    char text[64];
    ssize_t length = get(directory, path, flags, CLINUX_OWNER_ATTRIBUTE, text, sizeof text - 1);
    return parse(text, length, status) || is_own;
}

enum { NO_MODE = 01000 };

static int record_attribute(int directory, const char *path, int flags, uint32_t uid, uint32_t gid, unsigned mode) {
    char place[4200], text[64];
    make_path(place, sizeof place, directory, path);
    bool follows = !*path || !(flags & AT_SYMLINK_NOFOLLOW);
    int result;
    if (uid == 0 && gid == 0 && mode == NO_MODE) {
        result = follows ? removexattr(place, CLINUX_OWNER_ATTRIBUTE) : lremovexattr(place, CLINUX_OWNER_ATTRIBUTE);
        return result < 0 && errno != ENODATA && errno != EOPNOTSUPP ? -1 : 0;
    }
    int length = mode == NO_MODE ? snprintf(text, sizeof text, "%u:%u", uid, gid)
                                 : snprintf(text, sizeof text, "%u:%u:%o", uid, gid, mode);
    result = follows ? setxattr(place, CLINUX_OWNER_ATTRIBUTE, text, (size_t)length, 0)
                     : lsetxattr(place, CLINUX_OWNER_ATTRIBUTE, text, (size_t)length, 0);
    return result < 0 ? -1 : 0;
}

static int record_time(int directory, const char *path, int flags, uint32_t uid, uint32_t gid) {
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
    if (gid >= MOST_NANOSECONDS) {
        errno = EINVAL;
        return -1;
    }
    if (uid != 0 || gid != 0) times[0] = (struct timespec){.tv_sec = first_second + uid, .tv_nsec = gid};
    return utimensat(directory, path, times, flags);
}

int clinux_record_owner(int directory, const char *path, uint32_t uid, uint32_t gid, int flags) {
    struct statx status;
    if (statx(directory, path, flags, STATX_BASIC_STATS, &status) < 0) return -1;
    unsigned real_mode = status.stx_mode & 0777u;
    bool was_recorded = clinux_recorded_owner(directory, path, flags, &status);
    unsigned mode = (status.stx_mode & 0777u) == real_mode ? NO_MODE : status.stx_mode & 0777u;
    if (uid == (uint32_t)NO_ID) uid = status.stx_uid;
    if (gid == (uint32_t)NO_ID) gid = status.stx_gid;
    // Takes set-user-id bits and capabilities away, and says what cannot be changed at all.
    if (fchownat(directory, path, own_id, own_id, flags) < 0) return -1;
    if (!was_recorded && uid == 0 && gid == 0) return 0;
    return takes_attributes(&status) ? record_attribute(directory, path, flags, uid, gid, mode)
                                     : record_time(directory, path, flags, uid, gid);
}

int clinux_set_mode(int directory, const char *path, uint32_t mode, int flags) {
    char place[4200];
    struct statx status;
    make_path(place, sizeof place, directory, path);
    bool follows = !*path || !(flags & AT_SYMLINK_NOFOLLOW);
    if (statx(directory, path, follows ? flags : flags | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status) < 0) return -1;
    if (S_ISLNK(status.stx_mode)) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (!own_id || status.stx_uid != own_id || !takes_attributes(&status)) return chmod(place, mode);
    unsigned needed = S_ISDIR(status.stx_mode) ? 0700 : 0600, real_mode = status.stx_mode & 0777u;
    clinux_recorded_owner(directory, path, flags, &status);
    bool was_recorded = (status.stx_mode & 0777u) != real_mode, is_recorded = (mode & needed) != needed;
    if (chmod(place, mode | needed) < 0) return -1;
    if (!was_recorded && !is_recorded) return 0;
    return record_attribute(directory, path, flags, status.stx_uid, status.stx_gid, is_recorded ? mode & 0777 : NO_MODE);
}

void clinux_recorded_device(int directory, const char *path, int flags, struct statx *status) {
    char text[64], kind;
    unsigned major, minor;
    if (!S_ISREG(status->stx_mode) || status->stx_size != 0) return;
    ssize_t length = get(directory, path, flags, CLINUX_DEVICE_ATTRIBUTE, text, sizeof text - 1);
    if (length <= 0) return;
    text[length] = 0;
    if (sscanf(text, "%c %u:%u", &kind, &major, &minor) != 3) return;
    status->stx_mode = (uint16_t)((status->stx_mode & ~S_IFMT) | (kind == 'b' ? S_IFBLK : S_IFCHR));
    status->stx_rdev_major = major;
    status->stx_rdev_minor = minor;
}

int clinux_record_device(int directory, const char *path, uint32_t mode, uint32_t major, uint32_t minor) {
    char text[64];
    int length = snprintf(text, sizeof text, "%c %u:%u", S_ISBLK(mode) ? 'b' : 'c', major, minor);
    int file = openat(directory, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 07777);
    if (file < 0) return -1;
    int result = fsetxattr(file, CLINUX_DEVICE_ATTRIBUTE, text, (size_t)length, 0), error = errno;
    close(file);
    errno = error;
    return result;
}
