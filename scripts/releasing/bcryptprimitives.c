/* The only function of Windows' bcryptprimitives.dll that Rust's standard library calls. Debian's wine (8.0) does not
   have this library. start.py builds it and copies it next to the program that wine starts. It is not part of a release.

   Uses no headers and no C library, because zig would take minutes to build them. */

__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *buffer, unsigned long length);

__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *buffer, unsigned long long length) {
    while (length > 0) {
        unsigned long part = length > 0x10000000 ? 0x10000000 : (unsigned long)length;
        if (!SystemFunction036(buffer, part)) {
            return 0;
        }
        buffer += part;
        length -= part;
    }
    return 1;
}

int __stdcall _DllMainCRTStartup(void *module, unsigned long reason, void *reserved) {
    (void)module, (void)reason, (void)reserved;
    return 1;
}
