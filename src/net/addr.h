/* addr.h: socket addresses, IPv4 and IPv6: compare, read and write them.
 * Pure: any thread. An address is "set" when it has a family and a port. */
#ifndef OFFHOOK_NET_ADDR_H
#define OFFHOOK_NET_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ADDR_TEXT = 64 }; /* bytes of "[host]:port" with its NUL */

/* Size of the sockaddr inside, for bind(), connect() and sendto() [bytes]. */
socklen_t addr_size(const struct sockaddr_storage *addr);

bool addr_is_set(const struct sockaddr_storage *addr);
uint16_t addr_port(const struct sockaddr_storage *addr);
void addr_set_port(struct sockaddr_storage *addr, uint16_t port);

/* Host and port; host alone. An IPv4 address inside IPv6 is not the IPv4 one. */
bool addr_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
bool addr_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* Reads a numeric host ("192.0.2.1", "2001:db8::1", also in brackets). EINVAL. */
int addr_parse(struct sockaddr_storage *addr, const char *host, uint16_t port);

/* Writes "192.0.2.1:5004" or "[2001:db8::1]:5004"; "?" for an unset family. */
void addr_format(char out[ADDR_TEXT], const struct sockaddr_storage *addr);

#endif
