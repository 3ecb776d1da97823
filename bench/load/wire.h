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

enum { WIRE_BATCH = 4, WIRE_PACKET = 1500 };

struct wire_packet {
    uint8_t data[WIRE_PACKET];
    size_t size;
    int64_t arrived; /* wall [ns] */
};

/* What came, by one system call, up to WIRE_BATCH packets; returns how many. Fewer: no more is
 * there. */
unsigned wire_read_some(int fd, struct wire_packet packets[WIRE_BATCH]);

/* One packet and when it arrived (wall [ns]); -1 when there is none. */
ssize_t wire_read(int fd, void *packet, size_t size, int64_t *arrived);

/* Wall time [ns], on the clock of the stamps. */
int64_t wire_now(void);

#endif
