# src/trunk: the trunks of the configuration, alive.
liboffhook_a_SOURCES += \
	%D%/attempt.c \
	%D%/private.h \
	%D%/proxy.c \
	%D%/route.c \
	%D%/trunk.h \
	%D%/trunks.c
