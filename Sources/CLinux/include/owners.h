#pragma once

// Owners of files where a user namespace has one id only: what a file system cannot hold is recorded beside it.
//
// Files and directories have the attribute `user.build-all.owner` with `uid:gid` or `uid:gid:mode`. Links, FIFOs and sockets can have no
// such attribute; their access time holds it: 2^33 + uid seconds (the years from 2242 on), gid nanoseconds.

#include <stdbool.h>
#include <stdint.h>

struct statx;

#define CLINUX_OWNER_ATTRIBUTE "user.build-all.owner"

// Device nodes cannot be made in a user namespace: an empty file stands for one, with `c MAJOR:MINOR` or `b MAJOR:MINOR`.
#define CLINUX_DEVICE_ATTRIBUTE "user.build-all.device"

// Is this process in a user namespace, so that devices are recorded? Read once.
bool clinux_records_devices(void);

// Makes `status` that of the device, if the file stands for one.
void clinux_recorded_device(int directory, const char *_Nonnull path, int flags, struct statx *_Nonnull status);

// mknod of a device, `mode` with its type, where the kernel refuses it.
int clinux_record_device(int directory, const char *_Nonnull path, uint32_t mode, uint32_t major, uint32_t minor);

// Where steps have no user namespace, files of the image belong to one unused id of the machine, which stands for 0: from here on
// this process reads and records owners so. 0, as at first: there is no such id.
void clinux_use_owner(uint32_t id);
uint32_t clinux_owner(void);

// Is 0 the only user and the only group of this process's user namespace, or is there an id that stands for it?
bool clinux_records_owners(void);

// Puts the recorded owner of a file into `status`, which statx(2) filled for it. False when none is recorded.
bool clinux_recorded_owner(int directory, const char *_Nonnull path, int flags, struct statx *_Nonnull status);

// chown where owners are recorded; -1 leaves an id as it is. Set-user-id bits and capabilities go as with a real chown.
// Flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. EOPNOTSUPP on file systems without attributes.
int clinux_record_owner(int directory, const char *_Nonnull path, uint32_t uid, uint32_t gid, int flags);

// chmod; where files belong to an id that stands for 0 the disk has what root may do in any case, and what of the mode denies
// that to the owner is recorded. Flags as above; a link is EOPNOTSUPP.
int clinux_set_mode(int directory, const char *_Nonnull path, uint32_t mode, int flags);
