# src/base: libc and pthread only.
liboffhook_a_SOURCES += \
	%D%/clock.c %D%/clock.h \
	%D%/id.c %D%/id.h \
	%D%/list.h \
	%D%/log.c %D%/log.h \
	%D%/loop.c %D%/loop.h \
	%D%/mem.c %D%/mem.h \
	%D%/ring.c %D%/ring.h \
	%D%/timer.c %D%/timer.h \
	%D%/utf8.c %D%/utf8.h
