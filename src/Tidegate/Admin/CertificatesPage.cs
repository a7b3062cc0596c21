using Envoy.Admin.V3;
using Tidegate.Printing;

namespace Tidegate.Admin;

/// <summary>The certificates in use. The data plane does not terminate TLS yet, so there are none.</summary>
internal static class CertificatesPage
{
    /// <summary>Answers <c>/certs</c>.</summary>
    public static AdminAnswer Answer() => AdminAnswer.Json(ProtoJson.Format(new Certificates(), ProtoJsonForm.ProtoNamesWithDefaults, 1) + "\n");
}
