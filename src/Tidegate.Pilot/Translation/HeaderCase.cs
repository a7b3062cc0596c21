using Envoy.Config.Core.V3;
using Envoy.Extensions.Http.HeaderFormatters.PreserveCase.V3;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Pilot.Translation;

/// <summary><c>proxyHeaders.preserveHttp1HeaderCase</c>, which Istio puts into the options of every HTTP/1.1 peer.</summary>
internal static class HeaderCase
{
    /// <summary>Asks for names in the case in which they came.</summary>
    public static void Preserve(Http1ProtocolOptions options) => options.HeaderKeyFormat = new Http1ProtocolOptions.Types.HeaderKeyFormat
    {
        StatefulFormatter = new TypedExtensionConfig { Name = "preserve_case", TypedConfig = Any.Pack(new PreserveCaseFormatterConfig()) },
    };
}
