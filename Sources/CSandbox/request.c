// A step's request as bytes in a memfd: numbers, groups, then strings that end in NUL. No limit but memory's.
#include <stdlib.h>
#include <sys/mman.h>

#include "internal.h"

struct wire {
    uint32_t size;
    uint32_t uid;
    uint32_t gid;
    int32_t network;
    uint32_t group_count;
    uint32_t lower_count;
    uint32_t argument_count;
    uint32_t environment_count;
    uint32_t mount_count;
};

struct wire_mount {
    int32_t kind;
    uint32_t read_only;
    uint32_t layer_count;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint64_t size;
};

static size_t list_count(const char *const *list) {
    size_t count = 0;
    while (list[count]) count++;
    return count;
}

static int write_string(int fd, const char *text) { return csb_write_all(fd, text, strlen(text) + 1); }

static int write_list(int fd, const char *const *list) {
    int result = 0;
    for (; *list && result == 0; list++) result = write_string(fd, *list);
    return result;
}

static int write_mount_numbers(int fd, const struct csb_step_mount *mount) {
    struct wire_mount wire = {.kind = mount->kind,
                              .read_only = mount->read_only,
                              .layer_count = (uint32_t)list_count(mount->layers),
                              .mode = mount->mode,
                              .uid = mount->uid,
                              .gid = mount->gid,
                              .size = mount->size};
    return csb_write_all(fd, &wire, sizeof wire);
}

static int write_mount_strings(int fd, const struct csb_step_mount *mount) {
    int result = write_string(fd, mount->target);
    if (result == 0) result = write_list(fd, mount->layers);
    if (result == 0) result = write_string(fd, mount->path);
    if (result == 0) result = write_string(fd, mount->upper);
    if (result == 0) result = write_string(fd, mount->work);
    return result;
}

static int write_request(int fd, const struct csb_step_request *request) {
    struct wire wire = {.size = sizeof wire,
                        .uid = request->uid,
                        .gid = request->gid,
                        .network = request->network,
                        .group_count = (uint32_t)request->group_count,
                        .lower_count = (uint32_t)list_count(request->lowers),
                        .argument_count = (uint32_t)list_count(request->arguments),
                        .environment_count = (uint32_t)list_count(request->environment),
                        .mount_count = (uint32_t)request->mount_count};
    int result = csb_write_all(fd, &wire, sizeof wire);
    if (result == 0) result = csb_write_all(fd, request->groups, request->group_count * sizeof *request->groups);
    for (size_t index = 0; index < request->mount_count && result == 0; index++)
        result = write_mount_numbers(fd, &request->mounts[index]);
    if (result == 0) result = write_list(fd, request->lowers);
    if (result == 0) result = write_list(fd, request->arguments);
    if (result == 0) result = write_list(fd, request->environment);
    if (result == 0) result = write_string(fd, request->upper);
    if (result == 0) result = write_string(fd, request->work);
    if (result == 0) result = write_string(fd, request->working_directory);
    if (result == 0) result = write_string(fd, request->host_name);
    for (size_t index = 0; index < request->mount_count && result == 0; index++)
        result = write_mount_strings(fd, &request->mounts[index]);
    return result;
}

int csb_encode_request(const struct csb_step_request *request) {
    int fd = memfd_create("step", MFD_CLOEXEC);
    if (fd < 0) return -errno;
    int result = write_request(fd, request);
    if (result == 0) return fd;
    close(fd);
    return result;
}

struct cursor {
    const char *position, *end;
    const char **next_pointer;
    bool broken;
};

static const char *take_string(struct cursor *cursor) {
    size_t room = (size_t)(cursor->end - cursor->position);
    const char *text = cursor->position;
    if (strnlen(text, room) == room) {
        cursor->broken = true;
        return "";
    }
    cursor->position += strlen(text) + 1;
    return text;
}

static const char *const *take_list(struct cursor *cursor, uint32_t count) {
    const char **list = cursor->next_pointer;
    for (uint32_t index = 0; index < count; index++) list[index] = take_string(cursor);
    list[count] = NULL;
    cursor->next_pointer += count + 1;
    return list;
}

static int take_mount(struct cursor *cursor, const char *numbers, struct csb_step_mount *mount) {
    struct wire_mount wire;
    memcpy(&wire, numbers, sizeof wire);
    if (wire.layer_count > (size_t)(cursor->end - cursor->position)) return -EBADMSG;
    *mount = (struct csb_step_mount){.kind = wire.kind,
                                     .read_only = wire.read_only,
                                     .content_fd = -1,
                                     .mode = wire.mode,
                                     .uid = wire.uid,
                                     .gid = wire.gid,
                                     .size = wire.size};
    mount->target = take_string(cursor);
    mount->layers = take_list(cursor, wire.layer_count);
    mount->path = take_string(cursor);
    mount->upper = take_string(cursor);
    mount->work = take_string(cursor);
    return cursor->broken ? -EBADMSG : 0;
}

static void take_step(struct cursor *cursor, const struct wire *wire, struct csb_step_request *step) {
    step->uid = wire->uid;
    step->gid = wire->gid;
    step->network = wire->network;
    step->group_count = wire->group_count;
    step->lowers = take_list(cursor, wire->lower_count);
    step->arguments = take_list(cursor, wire->argument_count);
    step->environment = take_list(cursor, wire->environment_count);
    step->upper = take_string(cursor);
    step->work = take_string(cursor);
    step->working_directory = take_string(cursor);
    step->host_name = take_string(cursor);
}

// In memory: the message, the mounts, the pointers of the lists.
static int decode(struct csb_parsed_request *parsed, size_t length, const struct wire *wire) {
    const char *memory = parsed->memory;
    uint64_t strings = (uint64_t)wire->lower_count + wire->argument_count + wire->environment_count;
    uint64_t groups = (uint64_t)wire->group_count * sizeof(uint32_t);
    uint64_t numbers = (uint64_t)wire->mount_count * sizeof(struct wire_mount);
    if (sizeof *wire + groups + numbers + strings > length) return -EBADMSG;
    struct csb_step_mount *mounts = (struct csb_step_mount *)(void *)((char *)parsed->memory + ((length + 7) & ~7ul));
    struct cursor cursor = {.position = memory + sizeof *wire + groups + numbers,
                            .end = memory + length,
                            .next_pointer = (const char **)(void *)(mounts + wire->mount_count)};
    take_step(&cursor, wire, &parsed->step);
    parsed->step.groups = (const uint32_t *)(const void *)(memory + sizeof *wire);
    parsed->step.mounts = mounts;
    parsed->step.mount_count = wire->mount_count;
    int result = cursor.broken || wire->argument_count == 0 ? -EBADMSG : 0;
    for (uint32_t index = 0; index < wire->mount_count && result == 0; index++)
        result = take_mount(&cursor, memory + sizeof *wire + groups + index * sizeof(struct wire_mount), &mounts[index]);
    return result;
}

static int give_contents(const struct csb_step_request *step, const int *contents, int count) {
    struct csb_step_mount *mounts = (struct csb_step_mount *)step->mounts;
    int used = 0;
    for (size_t index = 0; index < step->mount_count; index++) {
        if (mounts[index].kind != CSB_MOUNT_FILE) continue;
        if (used == count) return -EBADMSG;
        mounts[index].content_fd = contents[used++];
    }
    return used == count ? 0 : -EBADMSG;
}

// Each string takes at least a byte, so as many pointers as bytes (and the ends of the lists) always suffice.
int csb_decode_request(int fd, const int *contents, int content_count, struct csb_parsed_request *parsed) {
    struct stat status;
    struct wire wire;
    if (fstat(fd, &status) < 0) return -errno;
    size_t length = (size_t)status.st_size;
    if (pread(fd, &wire, sizeof wire, 0) != (ssize_t)sizeof wire || wire.size != sizeof wire) return -EBADMSG;
    if (wire.mount_count > CSB_MOUNT_LIMIT) return -EBADMSG;
    parsed->size = (length + 8) + wire.mount_count * sizeof(struct csb_step_mount) +
                   (length + 3 + wire.mount_count) * sizeof(char *);
    parsed->memory = mmap(NULL, parsed->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (parsed->memory == MAP_FAILED) return -errno;
    int result = -EBADMSG;
    if (lseek(fd, 0, SEEK_SET) == 0 && csb_read(fd, parsed->memory, length) == (ssize_t)length)
        result = decode(parsed, length, &wire);
    if (result == 0) result = give_contents(&parsed->step, contents, content_count);
    if (result < 0) csb_free_request(parsed);
    return result;
}

void csb_free_request(struct csb_parsed_request *parsed) {
    if (parsed->memory) munmap(parsed->memory, parsed->size);
    parsed->memory = NULL;
}
