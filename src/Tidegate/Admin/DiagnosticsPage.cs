using System.Text;
using Tidegate.Diagnostics;
using Tidegate.Pilot.Validation;

namespace Tidegate.Admin;

/// <summary>What there is to say of the configuration now: a line each, or JSON with <c>format=json</c>, which <c>tidegate analyze</c> reads.</summary>
internal static class DiagnosticsPage
{
    /// <summary>Answers <c>/tidegate/diagnostics</c>.</summary>
    public static AdminAnswer Answer(AdminContext context, IQueryCollection query)
    {
        IReadOnlyList<Diagnostic> diagnostics = context.Diagnostics();
        if (query["format"] == "json")
        {
            return AdminAnswer.Json(DiagnosticsDocument.Write(diagnostics));
        }

        var text = new StringBuilder();
        foreach (Diagnostic diagnostic in diagnostics)
        {
            text.Append(diagnostic.Severity).Append(" [").Append(diagnostic.Code).Append("] ").Append(diagnostic).Append('\n');
        }

        return AdminAnswer.Text(text.ToString());
    }
}
