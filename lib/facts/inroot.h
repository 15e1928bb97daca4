/* Opens below a folder as if it were the root: absolute symbolic links and ".." lead nowhere else. */
#ifndef SAV_FACTS_INROOT_H
#define SAV_FACTS_INROOT_H

/* An O_PATH descriptor of `path` below `root_fd`, or -1 with errno. With O_NOFOLLOW in `flags` the last
 * part may be a link and is not followed. Uses openat2(RESOLVE_IN_ROOT), and before Linux 5.6 inroot_walk.
 * Source: openat2(2). */
int inroot_open(int root_fd, const char *path, int flags);

/* The same by a walk part by part, on any kernel. Source: path_resolution(7). */
int inroot_walk(int root_fd, const char *path, int flags);

#endif
