/* notify.h: telling systemd (sd_notify(3)) without its library. */
#ifndef OFFHOOK_DAEMON_NOTIFY_H
#define OFFHOOK_DAEMON_NOTIFY_H

/* Sends "READY=1", "STOPPING=1" … to $NOTIFY_SOCKET; nothing where there is none. */
void notify_systemd(const char *state);

#endif
