# src/daemon: offhookd.
sbin_PROGRAMS += offhookd
offhookd_SOURCES = %D%/main.c
offhookd_LDADD = $(OFFHOOK_LIBS)
