package dev.gavel.cuda.driver;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/// What the driver sees, found without opening a device.
///
/// @param driver the newest CUDA that the driver knows, as 12040 for 12.4
public record CudaDevices(int driver, List<Device> devices) {
  /// @param capability compute capability, as 90 for 9.0
  /// @param memory bytes
  public record Device(String name, int capability, long memory) {}

  /// [Natives#load] must have succeeded.
  ///
  /// @throws CudaFailure when the driver does not work
  public static CudaDevices find() {
    JCudaDriver.setExceptionsEnabled(false);
    int[] version = new int[1];
    Driver.check(JCudaDriver.cuDriverGetVersion(version), "cuDriverGetVersion");
    int code = JCudaDriver.cuInit(0);
    if (code == CUresult.CUDA_ERROR_NO_DEVICE) {
      return new CudaDevices(version[0], List.of());
    }
    Driver.check(code, "cuInit");
    int[] count = new int[1];
    Driver.check(JCudaDriver.cuDeviceGetCount(count), "cuDeviceGetCount");
    List<Device> devices = new ArrayList<>();
    for (int i = 0; i < count[0]; i++) {
      devices.add(device(i));
    }
    return new CudaDevices(version[0], List.copyOf(devices));
  }

  private static Device device(int ordinal) {
    CUdevice device = new CUdevice();
    Driver.check(JCudaDriver.cuDeviceGet(device, ordinal), "cuda:" + ordinal);
    int major = attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    int minor = attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    long[] bytes = new long[1];
    Driver.check(JCudaDriver.cuDeviceTotalMem(bytes, device), "cuDeviceTotalMem");
    return new Device(CudaContext.deviceName(device), 10 * major + minor, bytes[0]);
  }

  static int attribute(CUdevice device, int which) {
    int[] value = new int[1];
    Driver.check(
        JCudaDriver.cuDeviceGetAttribute(value, which, device), "cuDeviceGetAttribute " + which);
    return value[0];
  }

  /// `12.4`.
  public static String version(int number) {
    return number / 1000 + "." + number % 1000 / 10;
  }
}
