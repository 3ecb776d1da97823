/* fetch_guard.h: which addresses are inner ones: loopback, private, link-local … */
#ifndef OFFHOOK_HTTP_FETCH_GUARD_H
#define OFFHOOK_HTTP_FETCH_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

/* True for every address that is not a unicast one of the open Internet, an IPv4 one
 * wrapped in IPv6 (mapped, compatible, NAT64, 6to4, Teredo) being judged as such. */
bool fetch_guard_is_inner(const struct sockaddr_storage *address);

/* The address as curl prints it ("10.0.0.1", "fe80::1%eth0"). False: none. */
bool fetch_guard_parse(const char *text, struct sockaddr_storage *address);

/* An IPv4-mapped IPv6 address becomes the IPv4 one. */
void fetch_guard_unmap(struct sockaddr_storage *address);

#endif
