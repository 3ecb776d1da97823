# src/ua: Sofia-SIP. Knows no audio.
liboffhook_a_SOURCES += \
	%D%/root.c %D%/root.h \
	%D%/ua.h
