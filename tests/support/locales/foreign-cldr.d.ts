// A script without exports: it changes Intl where it is loaded.
export {}
