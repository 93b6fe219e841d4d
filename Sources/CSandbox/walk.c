// Paths of an image, component by component and by descriptors: links lead nowhere but inside the image, and what of a
// path does not exist is told.
#include "internal.h"

enum { MAX_LINKS = 40 };

// Takes the first component out of `rest`: its length, 0 at the end, or -ENAMETOOLONG.
int csb_take_component(char *rest, char name[NAME_MAX + 1]) {
    const char *start = rest + strspn(rest, "/");
    size_t length = strcspn(start, "/");
    if (length > NAME_MAX) return -ENAMETOOLONG;
    memcpy(name, start, length);
    name[length] = 0;
    memmove(rest, start + length, strlen(start + length) + 1);
    return (int)length;
}

static int reopen(struct csb_walk *walk) {
    const char *place = *walk->place ? walk->place : ".";
    int fd = csb_openat2(walk->root, place, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
    if (fd < 0) return fd;
    close(walk->fd);
    walk->fd = fd;
    return 0;
}

static int go_up(struct csb_walk *walk) {
    char *slash = strrchr(walk->place, '/');
    *(slash ? slash : walk->place) = 0;
    return reopen(walk);
}

static int go_down(struct csb_walk *walk, int child, const char *name) {
    size_t used = strlen(walk->place);
    if (used + strlen(name) + 2 > sizeof walk->place) return -ENAMETOOLONG;
    csb_format(walk->place + used, sizeof walk->place - used, "%s%s", used ? "/" : "", name);
    close(walk->fd);
    walk->fd = child;
    return 0;
}

// Puts the link's text in front of `rest`.
static int follow(struct csb_walk *walk, int link, char *rest) {
    char text[PATH_MAX];
    ssize_t length = readlinkat(link, "", text, sizeof text - 1);
    if (length < 0) return -errno;
    text[length] = 0;
    size_t size = strlen(rest) + 1;
    if ((size_t)length + 1 + size > PATH_MAX) return -ENAMETOOLONG;
    memmove(rest + length + 1, rest, size);
    memcpy(rest, text, (size_t)length);
    rest[length] = '/';
    if (text[0] != '/') return 0;
    walk->place[0] = 0;
    return reopen(walk);
}

static bool is_end(const char *rest) { return rest[strspn(rest, "/")] == 0; }

// One component: 1 to go on, 0 when the walk is over.
static int advance(struct csb_walk *walk, const char *name, char *rest, int *links) {
    if (strcmp(name, ".") == 0) return 1;
    if (strcmp(name, "..") == 0) {
        int result = go_up(walk);
        return result < 0 ? result : 1;
    }
    int child = csb_openat2(walk->fd, name, O_PATH | O_NOFOLLOW, 0);
    if (child == -ENOENT) {
        csb_format(walk->missing, sizeof walk->missing, "%s%s", name, rest);
        return 0;
    }
    if (child < 0) return child;
    CSB_CLOSE int owned = child;
    struct stat status;
    if (fstat(child, &status) < 0) return -errno;
    if (S_ISLNK(status.st_mode) && !(walk->covers_link && is_end(rest))) {
        if (++*links > MAX_LINKS) return -ELOOP;
        int result = follow(walk, child, rest);
        return result < 0 ? result : 1;
    }
    if (!S_ISDIR(status.st_mode) && !is_end(rest)) return -ENOTDIR;
    int result = go_down(walk, child, name);
    if (result == 0) owned = -1;
    return result < 0 ? result : 1;
}

int csb_walk(struct csb_walk *walk, const char *path) {
    char rest[PATH_MAX], name[NAME_MAX + 1];
    int links = 0, result = 1;
    walk->place[0] = walk->missing[0] = 0;
    if (strlen(path) >= sizeof rest) return -ENAMETOOLONG;
    strcpy(rest, path);
    walk->fd = csb_openat2(walk->root, ".", O_PATH, 0);
    if (walk->fd < 0) return walk->fd;
    while (result > 0) {
        result = csb_take_component(rest, name);
        if (result > 0) result = advance(walk, name, rest, &links);
    }
    return result;
}
