/* file.h: small files, whole. */
#ifndef OFFHOOK_CLI_FILE_H
#define OFFHOOK_CLI_FILE_H

/* Reads a file of at most 1 MiB; mem_alloc()ed, with a NUL. errno. */
int file_read(char **text, const char *path);

/* Writes it for its owner only (0600). errno. */
int file_write(const char *path, const char *text);

/* Removes a directory with all that is in it. */
void file_remove_tree(const char *path);

#endif
