# Every instruction of the assembler in src/Tensors/MachineCode, with registers, displacements and scales at the edges of their encodings.
# instructions.sh assembles this with GNU as and writes instructions.txt: the bytes that the tests expect, and the line they come from.
.intel_syntax noprefix
mov rax, rdx
mov r11, rdi
mov rsi, r15
mov r10, 128
mov rcx, -1
lea rax, [rcx+rcx*2]
lea r10, [rdi+rax*1]
lea r11, [rdx+r8*8]
lea r13, [r13+r12*4]
lea rbp, [rbp]
lea rsp, [rsp+8]
lea r12, [r12+1000]
add rax, r11
add r9, r9
add rdi, 16
add rsi, 2048
add r10, -128
add r11, 128
sub r9, 1
sub rdx, 4096
ret
prefetchw [rax]
prefetchw [rax+64]
prefetchw [r11+r8*2-128]
vzeroupper
vmovups zmm0, [rax]
vmovups zmm24, [rsi+64]
vmovups zmm25, [rsi+448]
vmovups zmm31, [r13]
vmovups zmm7, [rsp+8128]
vmovups zmm8, [r12+8192]
vmovups zmm15, [rdi+4]
vmovups zmm16, [r9+r15*8-64]
vmovups [rdx], zmm23
vmovups [rdx+64], zmm1
vmovups [r11+r8-8192], zmm30
vpxord zmm0, zmm0, zmm0
vpxord zmm23, zmm23, zmm23
vpxord zmm9, zmm17, zmm31
vbroadcastss zmm28, [rdi]
vbroadcastss zmm29, [rdi+rcx+4]
vbroadcastss zmm30, [r10+rcx*2+12]
vbroadcastss zmm31, [rax+508]
vbroadcastss zmm0, [r11+512]
vbroadcastss zmm1, [rax+2]
vdpbf16ps zmm0, zmm24, zmm28
vdpbf16ps zmm23, zmm25, zmm31
vdpbf16ps zmm15, zmm7, zmm8
vdpbf16ps zmm17, zmm16, DWORD PTR [r10+rcx+4]{1to16}
vdpbf16ps zmm2, zmm31, DWORD PTR [rdi+512]{1to16}
ldtilecfg [rdi]
ldtilecfg [r12+64]
tilerelease
tilezero tmm0
tilezero tmm7
tileloadd tmm0, [rdx+r8*1]
tileloadd tmm4, [rdi+rcx*1]
tileloadd tmm7, [rsi+r10*1+64]
tileloadd tmm3, [r11+r8*1+1024]
tileloadd tmm5, [r13+r14*1]
tileloadd tmm6, [rbx]
tilestored [rdx+r8*1], tmm0
tilestored [r11+r8*1+64], tmm3
tdpbf16ps tmm0, tmm4, tmm6
tdpbf16ps tmm3, tmm5, tmm7
tdpbf16ps tmm7, tmm1, tmm2
