# src/daemon: offhookd.
sbin_PROGRAMS += offhookd
offhookd_SOURCES = \
	%D%/daemon.c %D%/daemon.h \
	%D%/main.c \
	%D%/notify.c %D%/notify.h \
	%D%/signals.c %D%/signals.h
offhookd_LDADD = $(OFFHOOK_LIBS)
