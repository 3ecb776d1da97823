/* wire.h: UDP sockets whose packets are stamped by the kernel as they arrive, so
 * that our own lateness is in none of the times we tell. */
#ifndef OFFHOOK_BENCH_WIRE_H
#define OFFHOOK_BENCH_WIRE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A non-blocking socket bound to `port` of the address, or to the first free one of
 * the same parity above it; port 0: any. The port it got is stored in `address`. */
int wire_open(int *fd, struct sockaddr_in *address);

/* One packet and when it arrived (wall [ns]); -1 when there is none. */
ssize_t wire_read(int fd, void *packet, size_t size, int64_t *arrived);

/* Wall time [ns], on the clock of the stamps. */
int64_t wire_now(void);

#endif
