using System.Globalization;
using System.Net;
using System.Text.Json;
using Tidegate.Printing;
using Tidegate.Proxy.Inspection;

namespace Tidegate.Admin;

/// <summary>
/// The policies that are in force with how often each has fitted, or with <c>path</c> which of them decides what of a request (<c>method</c>, <c>host</c>, <c>header=NAME:VALUE</c>,
/// <c>from</c>, <c>port</c>, <c>claims</c>); as text, or with <c>format=json</c>.
/// </summary>
internal static class PoliciesPage
{
    private const int Padding = 3;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Answers <c>/tidegate/policies</c>.</summary>
    public static AdminAnswer Answer(AdminContext context, IQueryCollection query)
    {
        bool isJson = query["format"] == "json";
        if (query["path"].ToString() is not { Length: > 0 } path)
        {
            PolicyState[] states = [.. context.Proxy.PolicyStates];
            return isJson ? AdminAnswer.Json(JsonSerializer.Serialize(states, Json) + "\n") : Text(
                ["LISTENER", "FILTER", "ACTION", "POLICY", "MATCHED"],
                states.Select(static state => (string[])[state.Listener, state.Filter, state.Action, state.Policy, state.Matched.ToString(CultureInfo.InvariantCulture)]));
        }

        if (QuestionOf(query, path, out PolicyQuestion question) is { } problem)
        {
            return AdminAnswer.Text(StatusCodes.Status400BadRequest, $"{problem}\n");
        }

        IReadOnlyList<PolicyDecision> decisions = context.Proxy.DecideByPolicies(question);
        return isJson ? AdminAnswer.Json(JsonSerializer.Serialize(decisions, Json) + "\n") : Text(
            ["LISTENER", "ROUTE", "FILTER", "ACTION", "POLICY", "DECISION"],
            decisions.Select(static one => (string[])[one.Listener, one.Route, one.Filter, one.Action, one.Policy, one.Decision]));
    }

    // What is wrong with what is asked; null for nothing.
    private static string? QuestionOf(IQueryCollection query, string path, out PolicyQuestion question)
    {
        question = new PolicyQuestion(query["method"].ToString() is { Length: > 0 } method ? method : "GET", query["host"].ToString(), path)
        {
            Headers = [.. query["header"].Select(static field => (field ?? string.Empty).Split(':', 2)).Select(static parts => (parts[0], parts.Length > 1 ? parts[1].Trim() : string.Empty))],
            Claims = query["claims"].ToString() is { Length: > 0 } claims ? claims : null,
        };
        if (query["from"].ToString() is { Length: > 0 } from)
        {
            if (!IPAddress.TryParse(from, out IPAddress? address))
            {
                return $"from: \"{from}\" is no IP address";
            }

            question = question with { From = address };
        }

        if (query["port"].ToString() is { Length: > 0 } port)
        {
            if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                return $"port: \"{port}\" is no number";
            }

            question = question with { Port = number };
        }

        return question.Claims is { } text && !IsObject(text) ? "claims: a JSON object is expected" : null;
    }

    private static bool IsObject(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static AdminAnswer Text(string[] columns, IEnumerable<string[]> rows)
    {
        var table = new TabTable(Padding);
        table.Add(columns);
        foreach (string[] row in rows)
        {
            table.Add(row);
        }

        using var text = new StringWriter();
        table.WriteTo(text);
        return AdminAnswer.Text(text.ToString());
    }
}
