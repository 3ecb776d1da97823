# src/daemon: offhookd.
sbin_PROGRAMS += offhookd
offhookd_SOURCES = \
	%D%/admit.c \
	%D%/daemon.c %D%/daemon.h %D%/private.h \
	%D%/lag.c \
	%D%/main.c \
	%D%/notify.c %D%/notify.h \
	%D%/phones.c \
	%D%/prune.c \
	%D%/signals.c %D%/signals.h \
	%D%/start.c
offhookd_LDADD = $(OFFHOOK_LIBS) $(JEMALLOC_LIBS)
