# src/rtc: the events of conversations, told to the application.
liboffhook_a_SOURCES += \
	%D%/rtc.c %D%/rtc.h
