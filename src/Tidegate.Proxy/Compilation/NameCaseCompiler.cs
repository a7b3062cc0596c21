using Envoy.Config.Core.V3;
using Envoy.Extensions.Http.HeaderFormatters.PreserveCase.V3;
using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles in which case names of fields are written (Envoy: <c>Http1ProtocolOptions.header_key_format</c>).</summary>
internal static class NameCaseCompiler
{
    /// <summary>What a side's options ask for: what comes from there is remembered, or what goes there is written in a certain way.</summary>
    public static NameCase Compile(Http1ProtocolOptions? options, CompileScope scope)
    {
        if (options?.HeaderKeyFormat is not { } format)
        {
            return NameCase.Lower;
        }

        CompileScope at = scope.At("header_key_format");
        switch (format.HeaderFormatCase)
        {
            case Http1ProtocolOptions.Types.HeaderKeyFormat.HeaderFormatOneofCase.ProperCaseWords:
                return NameCase.ProperWords;
            case Http1ProtocolOptions.Types.HeaderKeyFormat.HeaderFormatOneofCase.StatefulFormatter:
                return at.At("stateful_formatter").TryUnpack(format.StatefulFormatter.TypedConfig, out PreserveCaseFormatterConfig? _) ? NameCase.AsReceived : NameCase.Lower;
            default:
                at.Refuse("has no value");
                return NameCase.Lower;
        }
    }
}
