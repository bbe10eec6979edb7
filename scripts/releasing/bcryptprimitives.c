/* The one function of Windows' bcryptprimitives.dll that Rust's standard library calls. Debian's wine (8.0) has no such
   library. Lies beside a program that wine starts (start.py), and in no release.

   No header and no C library: these would take zig minutes to make. */

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
